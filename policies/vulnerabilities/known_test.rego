package goldgate.vulnerabilities.known_test

import data.goldgate.lib.sbom_fixture_test as fixture
import data.goldgate.vulnerabilities.known

test_bill_without_trouble_is_allowed if {
	count(known.deny) == 0 with input as fixture.bill([])
}

test_vulnerable_component_is_denied_with_the_way_out if {
	some finding in known.deny with input as fixture.bill([fixture.found])
	finding.message == "openssl 0.10.60 has GHSA-aaaa-bbbb-cccc: Reads out of bounds (fixed in 0.10.66; comes in through native-tls 0.2.11)"
	finding.severity == "high"
	finding.facts.fixed == "0.10.66"
}

test_exploited_is_critical if {
	worse := object.union(fixture.found, {"severity": "low", "exploited_since": "2026-01-02"})
	some finding in known.deny with input as fixture.bill([worse])
	finding.severity == "critical"
	contains(finding.message, "exploited since 2026-01-02")
}

test_unrated_is_high if {
	some finding in known.deny with input as fixture.bill([object.remove(fixture.found, ["severity"])])
	finding.severity == "high"
}

test_what_cannot_be_compared_counts_as_affected if {
	some finding in known.deny with input as fixture.bill([object.union(fixture.found, {"comparable": false})])
	contains(finding.message, "counts as affected")
}

test_other_kinds_are_other_rules if {
	count(known.deny) == 0 with input as fixture.bill([object.union(fixture.found, {"kind": "unmaintained"})])
}
