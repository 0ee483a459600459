package goldgate.vulnerabilities.cleared_test

import data.goldgate.lib.sbom_fixture_test as fixture
import data.goldgate.vulnerabilities.cleared

said(status) := object.union(fixture.found, {"vex": {
	"status": status, "author": "acme", "document": "acme/1", "justification": "component_not_present",
}})

test_what_is_not_cleared_is_another_rule if {
	count(cleared.warn) == 0 with input as fixture.bill([fixture.found, said("affected"), said("under_investigation")])
}

test_cleared_is_told_with_its_reason if {
	some finding in cleared.warn with input as fixture.bill([said("not_affected")])
	finding.message == "openssl 0.10.60 has GHSA-aaaa-bbbb-cccc: Reads out of bounds; acme says not_affected: component_not_present"
	finding.facts.vex.document == "acme/1"
}

test_fixed_is_cleared_too if {
	count(cleared.warn) == 1 with input as fixture.bill([said("fixed")])
}
