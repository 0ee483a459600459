package goldgate.supply_chain.scan_test

import data.goldgate.lib.image_fixture_test as fixture
import data.goldgate.supply_chain.scan

test_fresh_scan_is_allowed if {
	count(scan.deny) == 0 with input as fixture.changed({})
}

test_image_without_scan_is_denied if {
	some finding in scan.deny with input as fixture.changed({"attestations": []})
	finding.message == "registry.example/shop/checkout:1.4.2 has no vulnerability scan by a trusted signer"
	count(scan.deny) == 1 with input as fixture.changed({"attestations": []})
}

test_old_scan_is_denied if {
	some finding in scan.deny with input as scanned({"finished_on": "2026-11-01T00:00:00Z"})
	finding.message == "registry.example/shop/checkout:1.4.2 was not scanned within the last 7 days: the last scan is of 2026-11-01T00:00:00Z"
}

test_scan_of_tomorrow_is_denied if {
	count(scan.deny) == 1 with input as scanned({"finished_on": "2027-01-01T00:00:00Z"})
}

test_scan_without_a_time_is_denied if {
	some finding in scan.deny with input as scanned({})
	contains(finding.message, "does not say when")
}

test_days_are_those_of_the_bundle if {
	document := scanned({"finished_on": "2026-11-01T00:00:00Z"})
	count(scan.deny) == 0 with input as document with data.supply_chain.max_scan_age_days as 30
}

scanned(facts) := fixture.changed({"attestations": [{"kind": "vulnerability_scan", "vulnerability_scan": facts}]})

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(scan.deny) with input as document
	}
}
