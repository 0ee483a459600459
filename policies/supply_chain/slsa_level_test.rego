package goldgate.supply_chain.slsa_level_test

import data.goldgate.lib.image_fixture_test as fixture
import data.goldgate.supply_chain.slsa_level

test_level_of_the_environment_is_allowed if {
	count(slsa_level.deny) == 0 with input as fixture.changed({})
	count(slsa_level.deny) == 0 with input as elsewhere(fixture.changed({"slsa": {"level": 0, "reason": "x"}}), "development")
}

test_lower_level_is_denied if {
	some finding in slsa_level.deny with input as fixture.changed({"slsa": {"level": 1, "reason": "signed with a key"}})
	finding.message == "registry.example/shop/checkout:1.4.2 is shown to have SLSA build level 1, and production asks for 2: signed with a key"
	finding.facts.needed == 2
}

test_tier_can_ask_for_more if {
	levels := {"environments": {"production": 2}, "tiers": {"tier-1": {"production": 3}}}
	document := object.union(fixture.changed({}), {"service": {"tier": "tier-1"}})
	count(slsa_level.deny) == 1 with input as document with data.supply_chain.slsa_levels as levels
	count(slsa_level.deny) == 0 with input as elsewhere(document, "staging") with data.supply_chain.slsa_levels as levels
}

test_image_without_provenance_is_left_to_its_own_rule if {
	count(slsa_level.deny) == 0 with input as fixture.about(object.remove(fixture.good, ["slsa"]))
}

elsewhere(document, environment) := object.union(document, {"environment": environment})

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(slsa_level.deny) with input as document
	}
}
