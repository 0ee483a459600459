package goldgate.lib.selector_test

import data.goldgate.lib.selector

labels := {"app": "checkout", "tier": "web"}

expression(key, operator, values) := {"matchExpressions": [{"key": key, "operator": operator, "values": values}]}

test_empty_selector_selects_everything if {
	selector.selects({}, labels)
	selector.selects({"matchLabels": null, "matchExpressions": []}, {})
}

test_all_labels_must_match if {
	selector.selects({"matchLabels": {"app": "checkout"}}, labels)
	not selector.selects({"matchLabels": {"app": "checkout", "tier": "db"}}, labels)
	not selector.selects({"matchLabels": {"zone": "a"}}, labels)
}

test_labels_and_expressions_must_both_match if {
	both := object.union({"matchLabels": {"app": "checkout"}}, expression("tier", "In", ["db"]))
	not selector.selects(both, labels)
}

test_in_needs_one_of_the_values if {
	selector.selects(expression("app", "In", ["cart", "checkout"]), labels)
	not selector.selects(expression("app", "In", ["cart"]), labels)
	not selector.selects(expression("zone", "In", ["a"]), labels)
}

test_not_in_is_true_without_the_label if {
	selector.selects(expression("app", "NotIn", ["cart"]), labels)
	selector.selects(expression("zone", "NotIn", ["a"]), labels)
	not selector.selects(expression("app", "NotIn", ["checkout"]), labels)
}

test_exists_and_does_not_exist_look_at_the_key if {
	selector.selects(expression("app", "Exists", []), labels)
	not selector.selects(expression("zone", "Exists", []), labels)
	selector.selects(expression("zone", "DoesNotExist", []), labels)
	not selector.selects(expression("app", "DoesNotExist", []), labels)
}

test_selector_that_cannot_be_read_selects_nothing if {
	every wrong in [null, "app", [], {"matchLabels": "app"}, {"matchExpressions": {"key": "app"}}] {
		not selector.selects(wrong, labels)
	}
	every wrong in [expression("app", "Is", []), expression(7, "Exists", []), expression("app", "NotIn", "cart")] {
		not selector.selects(wrong, labels)
	}
}
