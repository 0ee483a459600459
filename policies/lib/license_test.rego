package goldgate.lib.license_test

import data.goldgate.lib.license
import data.goldgate.lib.license_fixture_test as fixture

standings := {
	"MIT": 2,
	"mit": 2,
	"Apache-2.0 WITH LLVM-exception": 2,
	"LGPL-3.0-only": 1,
	"LicenseRef-acme": 1,
	"GPL-2.0-only": 0,
	"GPL-2.0-only WITH Classpath-exception-2.0": 2,
	"GPL-2.0-only WITH Bison-exception-2.2": 0,
}

test_each_licence_stands_as_its_list_says if {
	every id, expected in standings {
		license.standing(id) == expected with data.licenses as fixture.shipped with input as fixture.bill({})
	}
}

test_a_licensee_takes_the_best_choice if {
	entry := {"choices": [["GPL-2.0-only"], ["MIT", "LGPL-3.0-only"], ["Apache-2.0"]], "components": ["a 1"]}
	license.best(entry) == [2, ["Apache-2.0"]] with data.licenses as fixture.shipped with input as fixture.bill({})
	license.choice(entry) == " (chosen: Apache-2.0)" with data.licenses as fixture.shipped with input as fixture.bill({})
}

test_a_choice_is_as_good_as_its_worst_licence if {
	entry := {"choices": [["MIT", "GPL-2.0-only"]], "components": ["a 1"]}
	license.best(entry)[0] == 0 with data.licenses as fixture.shipped with input as fixture.bill({})
}

test_a_service_may_be_shipped_and_another_not if {
	changed := object.union(fixture.shipped, {"distribution": {"default": "shipped", "services": {"component:default/a": "service"}}})
	license.mode == "service" with data.licenses as changed with input as {"service": {"ref": "component:default/a"}}
	license.mode == "shipped" with data.licenses as changed with input as {"service": {"ref": "component:default/b"}}
}

test_a_text_that_was_read_counts_as_what_it_means if {
	found := license.entries with data.licenses as fixture.shipped with input as fixture.unknown("sha256:ab Permission is…")
	found["sha256:ab Permission is…"].choices == [["MIT"]]
	count(license.entries) == 0 with data.licenses as fixture.shipped with input as fixture.unknown("sha256:cd Other…")
}

test_many_components_are_counted if {
	license.users({"components": ["a 1", "b 2", "c 3", "d 4", "e 5"]}) == "a 1, b 2, c 3 and 2 others"
}
