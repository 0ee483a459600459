package goldgate.kubernetes.network_policy_test

import data.goldgate.kubernetes.network_policy
import data.goldgate.lib.fixture_test as fixture

checkout := fixture.workload("Deployment", "/spec/template/spec", {})

policy(namespace, spec) := {
	"apiVersion": "networking.k8s.io/v1",
	"kind": "NetworkPolicy",
	"metadata": {"name": "checkout", "namespace": namespace},
	"spec": spec,
}

test_selected_pods_are_allowed if {
	document := fixture.release([checkout], [policy("shop", {"podSelector": {"matchLabels": {"app": "checkout"}}})])
	count(network_policy.deny) == 0 with input as document
}

test_policy_for_the_whole_namespace_is_allowed if {
	every spec in [{"podSelector": {}}, {"podSelector": null}, {}] {
		count(network_policy.deny) == 0 with input as fixture.release([checkout], [policy("shop", spec)])
	}
}

test_workload_without_policy_is_denied if {
	some finding in network_policy.deny with input as fixture.release([checkout], [])
	finding.message == `no NetworkPolicy of this release selects the pods of Deployment "checkout"`
	finding.path == "/spec/template/spec"
	finding.resource == {"kind": "Deployment", "namespace": "shop", "name": "checkout"}
}

test_policy_for_other_pods_does_not_help if {
	document := fixture.release([checkout], [policy("shop", {"podSelector": {"matchLabels": {"app": "cart"}}})])
	count(network_policy.deny) == 1 with input as document
}

test_policy_of_another_namespace_does_not_help if {
	document := fixture.release([checkout], [policy("cart", {"podSelector": {}})])
	count(network_policy.deny) == 1 with input as document
}

test_missing_namespaces_are_the_same_namespace if {
	workload := object.remove(checkout, ["namespace"])
	without_namespace := object.union(policy("", {}), {"metadata": {"name": "all"}})
	count(network_policy.deny) == 0 with input as fixture.release([workload], [without_namespace])
	count(network_policy.deny) == 1 with input as fixture.release([workload], [policy("shop", {})])
}

test_other_kinds_and_groups_do_not_help if {
	of_another_group := object.union(policy("shop", {}), {"apiVersion": "example.com/v1"})
	of_another_kind := object.union(policy("shop", {}), {"kind": "Ingress"})
	count(network_policy.deny) == 1 with input as fixture.release([checkout], [of_another_group, of_another_kind])
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(network_policy.deny) with input as document
	}
}
