package goldgate.golden_path.disruption_budget_test

import data.goldgate.golden_path.disruption_budget
import data.goldgate.lib.fixture_test as fixture

scaled(kind, number) := object.union(fixture.workload(kind, "/spec/template/spec", {}), {"replicas": number})

autoscaler(spec) := {
	"apiVersion": "autoscaling/v2",
	"kind": "HorizontalPodAutoscaler",
	"metadata": {"name": "checkout", "namespace": "shop"},
	"spec": object.union({"scaleTargetRef": {"kind": "Deployment", "name": "checkout"}}, spec),
}

budget(selector) := {
	"apiVersion": "policy/v1",
	"kind": "PodDisruptionBudget",
	"metadata": {"name": "checkout", "namespace": "shop"},
	"spec": {"maxUnavailable": 1, "selector": selector},
}

test_protected_pods_are_allowed if {
	document := fixture.release([scaled("Deployment", 3)], [budget({"matchLabels": {"app": "checkout"}})])
	count(disruption_budget.deny) == 0 with input as document
}

test_budget_for_the_whole_namespace_is_allowed if {
	count(disruption_budget.deny) == 0 with input as fixture.release([scaled("Deployment", 3)], [budget({})])
}

test_pods_without_budget_are_denied if {
	some finding in disruption_budget.deny with input as fixture.release([scaled("StatefulSet", 2)], [])
	finding.message == `no PodDisruptionBudget of this release selects the pods of StatefulSet "checkout"`
	finding.path == "/spec/template/spec"
	finding.resource == {"kind": "StatefulSet", "namespace": "shop", "name": "checkout"}
}

test_budget_without_selector_or_for_other_pods_does_not_help if {
	every selector in [null, {"matchLabels": {"app": "cart"}}] {
		count(disruption_budget.deny) == 1 with input as fixture.release([scaled("Deployment", 3)], [budget(selector)])
	}
}

test_autoscaled_pods_need_a_budget if {
	document := fixture.release([scaled("Deployment", 1)], [autoscaler({"minReplicas": 2})])
	count(disruption_budget.deny) == 1 with input as document
}

test_single_pod_needs_no_budget if {
	count(disruption_budget.deny) == 0 with input as fixture.release([scaled("Deployment", 1)], [])
}

test_other_environments_and_kinds_need_no_budget if {
	elsewhere := object.union(fixture.release([scaled("Deployment", 3)], []), {"environment": "development"})
	count(disruption_budget.deny) == 0 with input as elsewhere
	count(disruption_budget.deny) == 0 with input as fixture.release([scaled("ReplicaSet", 3)], [])
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(disruption_budget.deny) with input as document
	}
}
