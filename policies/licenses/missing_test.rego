package goldgate.licenses.missing_test

import data.goldgate.lib.sbom_fixture_test as fixture
import data.goldgate.licenses.missing

bill(is_bill) := fixture.with_fields({
	"is_bill": is_bill,
	"by_license": {"": {"state": "none", "components": ["a 1", "b 2"]}},
})

test_bill_that_says_everything_is_allowed if {
	count(missing.deny) == 0 with input as fixture.with_fields({"is_bill": true})
}

test_missing_licence_is_told if {
	some finding in missing.deny with input as bill(true)
	finding.message == "2 components say nothing of their licence: a 1, b 2"
}

test_lock_file_is_not_asked if {
	count(missing.deny) == 0 with input as bill(false)
}
