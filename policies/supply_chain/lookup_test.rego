package goldgate.supply_chain.lookup_test

import data.goldgate.lib.image_fixture_test as fixture
import data.goldgate.supply_chain.lookup

test_image_that_was_looked_at_is_allowed if {
	count(lookup.deny) == 0 with input as fixture.changed({})
	count(lookup.deny) == 0 with input as fixture.short(["UNSIGNED"])
	count(lookup.deny) == 0 with input as fixture.unseen
}

test_image_that_could_not_be_looked_at_is_denied if {
	some finding in lookup.deny with input as fixture.failed(["REGISTRY_TIMEOUT"])
	finding.message == "registry.example/shop/checkout:1.4.2 could not be looked at: no answer (REGISTRY_TIMEOUT)"
	finding.facts.errors[0].code == "REGISTRY_TIMEOUT"
}

test_error_without_a_reason_is_denied if {
	count(lookup.deny) == 1 with input as fixture.failed([])
}

test_refused_registry_and_missing_digest_are_other_codes if {
	count(lookup.deny) == 0 with input as fixture.failed(["REGISTRY_NOT_ALLOWED"])
	count(lookup.deny) == 0 with input as fixture.failed(["NOT_PINNED"])
	count(lookup.deny) == 1 with input as fixture.failed(["NOT_PINNED", "REGISTRY_TIMEOUT"])
}

test_part_that_could_not_be_looked_at_is_denied if {
	count(lookup.deny) == 1 with input as fixture.short(["UNSIGNED", "COULD_NOT_LOOK"])
}

test_what_no_rule_explains_is_denied if {
	count(lookup.deny) == 1 with input as fixture.short([])
	count(lookup.deny) == 1 with input as fixture.short(["SOMETHING_NEW"])
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(lookup.deny) with input as document
	}
}
