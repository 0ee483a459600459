package goldgate.supply_chain.registry_test

import data.goldgate.lib.image_fixture_test as fixture
import data.goldgate.supply_chain.registry

test_any_registry_is_allowed_without_a_list if {
	count(registry.deny) == 0 with input as fixture.changed({})
	count(registry.deny) == 0 with input as fixture.unseen
}

test_registry_on_the_list_is_allowed if {
	count(registry.deny) == 0 with input as fixture.unseen with data.supply_chain.registries as ["registry.example"]
}

test_registry_beside_the_list_is_denied if {
	some finding in registry.deny with input as fixture.unseen with data.supply_chain.registries as ["other.example"]
	finding.message == "registry.example/shop/checkout:1.4.2 comes from registry.example, which is not allowed: it is not among data.supply_chain.registries"
}

test_registry_that_may_not_be_asked_is_denied if {
	some finding in registry.deny with input as fixture.failed(["REGISTRY_NOT_ALLOWED"])
	contains(finding.message, "images.yaml")
}

test_image_that_a_rule_denies_is_denied if {
	document := fixture.changed({"verification": {"status": "unverified", "shortfalls": ["DENIED_BY_RULE"], "errors": [], "rule": "rest"}})
	some finding in registry.deny with input as document
	contains(finding.message, "the rule rest denies its images")
}

test_denies_without_the_name_of_a_rule if {
	count(registry.deny) == 1 with input as fixture.short(["DENIED_BY_RULE"])
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(registry.deny) with input as document
	}
}
