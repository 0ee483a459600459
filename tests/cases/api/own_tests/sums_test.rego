package sums_test

import data.sums

test_parts_that_are_the_whole_are_denied if {
	"the parts are the whole" in sums.deny with input as {"data": {"one": 0.1, "other": 0.2}}
}
