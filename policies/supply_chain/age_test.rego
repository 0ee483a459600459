package goldgate.supply_chain.age_test

import data.goldgate.lib.image_fixture_test as fixture
import data.goldgate.supply_chain.age

test_young_image_is_allowed if {
	count(age.deny) == 0 with input as fixture.changed({})
}

test_old_image_is_denied if {
	some finding in age.deny with input as built("2026-01-01T00:00:00Z")
	finding.message == "registry.example/shop/checkout:1.4.2 is 325 days old, more than 180"
}

test_provenance_is_believed_before_the_image if {
	configuration := {"labels": {}, "created": "2026-11-20T00:00:00Z"}
	document := fixture.changed({"configuration": configuration, "attestations": built("2026-01-01T00:00:00Z").image.attestations})
	count(age.deny) == 1 with input as document
}

test_without_provenance_the_image_speaks_for_itself if {
	old := {"attestations": [], "configuration": {"labels": {}, "created": "2026-01-01T00:00:00Z"}}
	count(age.deny) == 1 with input as fixture.changed(old)
}

test_time_of_a_reproducible_build_says_nothing if {
	unknown := {"attestations": [], "configuration": {"labels": {}, "created": "1970-01-01T00:00:00.000Z"}}
	count(age.deny) == 0 with input as fixture.changed(unknown)
}

test_days_are_those_of_the_bundle if {
	count(age.deny) == 0 with input as built("2026-01-01T00:00:00Z") with data.supply_chain.max_image_age_days as 400
}

built(time) := fixture.changed({"attestations": [{
	"kind": "provenance",
	"provenance": {"invocation": {"finished_on": time}},
}]})

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(age.deny) with input as document
	}
}
