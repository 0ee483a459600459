package goldgate.sbom.uncompared_test

import data.goldgate.lib.sbom_fixture_test as fixture
import data.goldgate.sbom.uncompared

bill(n, names) := fixture.with_fields({
	"is_bill": true,
	"quality": {"n_components": 20, "n_uncompared": n, "uncompared": names},
})

none_allowed := {"most_uncompared": 0}

test_bill_whose_components_are_all_known_is_allowed if {
	count(uncompared.deny) == 0 with input as bill(0, []) with data.sbom as none_allowed
}

test_as_many_as_a_bundle_takes_are_allowed if {
	count(uncompared.deny) == 0 with input as bill(2, ["a 1.0", "b"]) with data.sbom as {"most_uncompared": 2}
}

test_lock_file_is_another_matter if {
	lock := fixture.with_fields({"quality": {"n_components": 20, "n_uncompared": 2, "uncompared": ["a 1.0", "b"]}})
	count(uncompared.deny) == 0 with input as lock with data.sbom as none_allowed
}

test_component_that_cannot_be_compared_is_denied if {
	some finding in uncompared.deny with input as bill(3, ["a 1.0", "b"]) with data.sbom as none_allowed
	finding.message == "3 of 20 components of Cargo.lock cannot be compared with any advisory: a 1.0, b and 1 more"
}
