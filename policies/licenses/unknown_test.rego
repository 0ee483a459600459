package goldgate.licenses.unknown_test

import data.goldgate.lib.license_fixture_test as fixture
import data.goldgate.licenses.unknown

test_expression_is_another_rule if {
	count(unknown.deny) == 0 with input as fixture.choices("MIT", [["MIT"]]) with data.licenses as fixture.shipped
}

test_unknown_is_never_allowed if {
	some finding in unknown.deny with input as fixture.unknown("MIT-ish") with data.licenses as fixture.shipped
	finding.message == "`MIT-ish` is no licence expression: a 1"
}

test_text_that_was_read_is_known if {
	count(unknown.deny) == 0 with input as fixture.unknown("sha256:ab Permission…") with data.licenses as fixture.shipped
}
