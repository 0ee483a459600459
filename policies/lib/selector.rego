# Label selectors as Kubernetes reads them: every requirement must hold, and an empty selector selects everything.
package goldgate.lib.selector

selects(selector, labels) if {
	is_object(selector)
	is_object(labels)
	labels_match(selector, labels)
	expressions_match(selector, labels)
}

labels_match(selector, _) if absent(selector, "matchLabels")

labels_match(selector, labels) if {
	is_object(selector.matchLabels)
	every key, value in selector.matchLabels {
		labels[key] == value
	}
}

expressions_match(selector, _) if absent(selector, "matchExpressions")

expressions_match(selector, labels) if {
	is_array(selector.matchExpressions)
	every requirement in selector.matchExpressions {
		is_string(requirement.key)
		holds(requirement, labels)
	}
}

absent(selector, field) if object.get(selector, field, null) == null

holds(requirement, labels) if {
	requirement.operator == "In"
	has_value(requirement, labels)
}

holds(requirement, labels) if {
	requirement.operator == "NotIn"
	is_array(requirement.values)
	not has_value(requirement, labels)
}

holds(requirement, labels) if {
	requirement.operator == "Exists"
	has_key(requirement, labels)
}

holds(requirement, labels) if {
	requirement.operator == "DoesNotExist"
	not has_key(requirement, labels)
}

has_key(requirement, labels) if labels[requirement.key] != null

has_value(requirement, labels) if {
	is_array(requirement.values)
	labels[requirement.key] in requirement.values
}
