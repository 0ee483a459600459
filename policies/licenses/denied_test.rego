package goldgate.licenses.denied_test

import data.goldgate.lib.license_fixture_test as fixture
import data.goldgate.licenses.denied

test_allowed_licence_is_allowed if {
	count(denied.deny) == 0 with input as fixture.choices("MIT", [["MIT"]]) with data.licenses as fixture.shipped
}

test_denied_licence_is_denied if {
	some finding in denied.deny with input as fixture.choices("GPL-3.0-only", [["GPL-3.0-only"]])
		with data.licenses as fixture.shipped
	finding.message == "GPL-3.0-only is denied for what is shipped: a 1"
}

test_dual_licence_is_allowed_by_its_better_half if {
	count(denied.deny) == 0 with input as fixture.choices("GPL-3.0-only OR MIT", [["GPL-3.0-only"], ["MIT"]])
		with data.licenses as fixture.shipped
}

test_text_that_means_a_denied_one_is_denied if {
	count(denied.deny) == 1 with input as fixture.unknown("Some words") with data.licenses as fixture.shipped
}
