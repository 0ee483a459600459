package goldgate.golden_path.labels_test

import data.goldgate.golden_path.labels
import data.goldgate.lib.fixture_test as fixture

labelled(written) := fixture.about(object.union(fixture.workload("Deployment", "/spec/template/spec", {}), {"labels": written}))

test_workload_with_standard_labels_is_allowed if {
	document := labelled({
		"app.kubernetes.io/name": "checkout",
		"app.kubernetes.io/part-of": "shop",
		"app.kubernetes.io/version": "1.4.2",
	})
	count(labels.deny) == 0 with input as document
}

test_chart_label_tells_the_version if {
	document := labelled({
		"app.kubernetes.io/name": "checkout",
		"app.kubernetes.io/part-of": "shop",
		"helm.sh/chart": "checkout-1.4.2",
	})
	count(labels.deny) == 0 with input as document
}

test_missing_label_is_denied if {
	document := labelled({"app.kubernetes.io/name": "checkout", "app.kubernetes.io/version": "1.4.2"})
	some finding in labels.deny with input as document
	finding.message == `Deployment "checkout" has no label app.kubernetes.io/part-of`
	finding.path == "/metadata/labels"
	finding.facts == {"label": "app.kubernetes.io/part-of"}
}

test_each_missing_or_empty_label_is_a_finding if {
	count(labels.deny) == 3 with input as labelled({"app.kubernetes.io/name": ""})
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(labels.deny) with input as document
	}
}
