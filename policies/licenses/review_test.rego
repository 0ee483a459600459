package goldgate.licenses.review_test

import data.goldgate.lib.license_fixture_test as fixture
import data.goldgate.licenses.review

test_decided_licences_are_other_rules if {
	count(review.deny) == 0 with input as fixture.choices("MIT", [["MIT"]]) with data.licenses as fixture.shipped
	count(review.deny) == 0 with input as fixture.choices("GPL-2.0-only", [["GPL-2.0-only"]])
		with data.licenses as fixture.shipped
}

test_licence_in_no_list_is_for_review if {
	some finding in review.deny with input as fixture.choices("LicenseRef-acme", [["LicenseRef-acme"]])
		with data.licenses as fixture.shipped
	finding.message == "LicenseRef-acme is not decided on for what is shipped: a 1"
}

test_review_list_is_for_review if {
	count(review.deny) == 1 with input as fixture.choices("LGPL-3.0-only", [["LGPL-3.0-only"]])
		with data.licenses as fixture.shipped
}
