package goldgate.golden_path.replicas_test

import data.goldgate.golden_path.replicas
import data.goldgate.lib.fixture_test as fixture

scaled(kind, number) := object.union(fixture.workload(kind, "/spec/template/spec", {}), {"replicas": number})

autoscaler(spec) := {
	"apiVersion": "autoscaling/v2",
	"kind": "HorizontalPodAutoscaler",
	"metadata": {"name": "checkout", "namespace": "shop"},
	"spec": object.union({"scaleTargetRef": {"kind": "Deployment", "name": "checkout"}}, spec),
}

test_two_pods_are_allowed if {
	document := fixture.release([scaled("Deployment", 2), scaled("StatefulSet", 3)], [])
	count(replicas.deny) == 0 with input as document
}

test_single_pod_in_production_is_denied if {
	some finding in replicas.deny with input as fixture.release([scaled("Deployment", 1)], [])
	finding.message == `Deployment "checkout" runs a single pod in production`
	finding.path == "/spec/replicas"
	finding.resource == {"kind": "Deployment", "namespace": "shop", "name": "checkout"}
}

test_unwritten_number_means_a_single_pod if {
	workload := fixture.workload("StatefulSet", "/spec/template/spec", {})
	count(replicas.deny) == 1 with input as fixture.release([workload], [])
}

test_single_pod_elsewhere_is_allowed if {
	document := object.union(fixture.release([scaled("Deployment", 1)], []), {"environment": "staging"})
	count(replicas.deny) == 0 with input as document
}

test_workload_that_is_switched_off_is_allowed if {
	count(replicas.deny) == 0 with input as fixture.release([scaled("Deployment", 0)], [])
}

test_other_kinds_are_allowed if {
	document := fixture.release([scaled("ReplicaSet", 1), fixture.workload("DaemonSet", "/spec/template/spec", {})], [])
	count(replicas.deny) == 0 with input as document
}

test_autoscaler_that_keeps_two_pods_is_allowed if {
	document := fixture.release([scaled("Deployment", 1)], [autoscaler({"minReplicas": 2})])
	count(replicas.deny) == 0 with input as document
}

test_autoscaler_that_does_not_help_is_denied if {
	every spec in [{}, {"minReplicas": 1}, {"minReplicas": 2, "scaleTargetRef": {"kind": "Deployment", "name": "cart"}}] {
		count(replicas.deny) == 1 with input as fixture.release([scaled("Deployment", 1)], [autoscaler(spec)])
	}
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(replicas.deny) with input as document
	}
}
