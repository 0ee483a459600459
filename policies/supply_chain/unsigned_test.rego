package goldgate.supply_chain.unsigned_test

import data.goldgate.lib.image_fixture_test as fixture
import data.goldgate.supply_chain.unsigned

test_signed_image_is_allowed if {
	count(unsigned.deny) == 0 with input as fixture.changed({})
}

test_unsigned_image_is_denied if {
	some finding in unsigned.deny with input as fixture.changed({
		"verification": {"status": "unverified", "shortfalls": ["UNSIGNED"], "errors": [], "rule": "shop"},
	})
	finding.message == "registry.example/shop/checkout:1.4.2 is not signed: nothing that hangs on it is a signature"
	finding.facts.rule == "shop"
	startswith(finding.facts.image, "registry.example/shop/checkout@sha256:")
}

test_signed_by_others_is_another_code if {
	count(unsigned.deny) == 0 with input as fixture.short(["SIGNED_BY_OTHERS"])
}

test_could_not_look_is_not_unsigned if {
	count(unsigned.deny) == 0 with input as fixture.failed(["REGISTRY_TIMEOUT"])
}

test_denies_without_the_name_of_a_rule if {
	count(unsigned.deny) == 1 with input as fixture.short(["UNSIGNED"])
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(unsigned.deny) with input as document
	}
}
