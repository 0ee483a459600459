package goldgate.licenses.chosen_test

import data.goldgate.lib.license_fixture_test as fixture
import data.goldgate.licenses.chosen

test_without_a_choice_nothing_is_written if {
	count(chosen.warn) == 0 with input as fixture.choices("MIT", [["MIT"]]) with data.licenses as fixture.shipped
}

test_choice_is_written_down if {
	some finding in chosen.warn with input as fixture.choices("GPL-3.0-only OR MIT", [["GPL-3.0-only"], ["MIT"]])
		with data.licenses as fixture.shipped
	finding.message == "choices between licences, taken in your favour: 1"
	finding.facts.choices == {"GPL-3.0-only OR MIT": "MIT"}
}
