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
	startswith(finding.remediation, "`cargo update -p openssl@0.10.60 --precise 0.10.66`. Where")
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

test_below_is_told_and_does_not_deny if {
	young := object.union(fixture.found, {"published": "2026-11-20T00:00:00.000Z", "since": "2026-11-20T00:00:00.000Z"})
	count(known.deny) == 0 with input as fixture.bill([young])
	some finding in known.warn with input as fixture.bill([young])
	contains(finding.message, "; 28 days left to act")
	finding.facts.grace_left_days == 28
}

test_grace_that_is_over_denies if {
	old := object.union(fixture.found, {"since": "2026-10-01T00:00:00.000Z"})
	count(known.warn) == 0 with input as fixture.bill([old])
	some finding in known.deny with input as fixture.bill([old])
	finding.facts.grace_left_days == -22
}

test_what_counts_as_cleared_is_another_rule if {
	said := object.union(fixture.found, {"vex": {"status": "not_affected", "author": "acme", "document": "1"}})
	count(known.deny) == 0 with input as fixture.bill([said])
	count(known.warn) == 0 with input as fixture.bill([said])
}

test_what_is_being_looked_into_denies if {
	said := object.union(fixture.found, {"vex": {"status": "under_investigation", "author": "acme", "document": "1"}})
	some finding in known.deny with input as fixture.bill([said])
	contains(finding.message, "; acme says under_investigation")
}

test_what_does_not_count_is_shown_and_denies if {
	said := object.union(fixture.found, {"vex_ignored": [{
		"status": "not_affected", "author": "mallory", "document": "1", "objection": "nobody vouches for it",
	}]})
	some finding in known.deny with input as fixture.bill([said])
	contains(finding.message, "; VEX of mallory is ignored: nobody vouches for it")
	finding.facts.vex_ignored[0].status == "not_affected"
}

test_other_kinds_are_other_rules if {
	count(known.deny) == 0 with input as fixture.bill([object.union(fixture.found, {"kind": "unmaintained"})])
}
