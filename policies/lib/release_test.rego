package goldgate.lib.release_test

import data.goldgate.lib.fixture_test as fixture
import data.goldgate.lib.release

test_namespace_is_empty_when_it_is_not_written if {
	release.namespace({"namespace": "shop"}) == "shop"
	release.namespace({}) == ""
	release.namespace({"namespace": null}) == ""
	not release.namespace("shop")
}

test_resources_beside_a_workload_share_its_namespace if {
	workload := {"kind": "Deployment", "name": "checkout", "namespace": "shop"}
	budgets := [{"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"namespace": name}} |
		some name in ["shop", "cart"]
	]
	found := release.beside(workload, "policy", "PodDisruptionBudget") with input as fixture.release([], budgets)
	count(found) == 1
}
