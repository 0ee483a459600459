package goldgate.vulnerabilities.scan_stale_test

import data.goldgate.lib.sbom_fixture_test as fixture
import data.goldgate.vulnerabilities.scan_stale

scanned(fields, scan) := fixture.with_fields(object.union(fields, {"scan": object.union({"tool": "grype"}, scan)}))

test_bill_without_a_scan_is_allowed if {
	count(scan_stale.deny) == 0 with input as fixture.bill([])
}

test_fresh_scan_is_allowed if {
	fresh := {"created": "2026-11-21T00:00:00.000Z", "age_days": 1}
	count(scan_stale.deny) == 0 with input as scanned(fresh, {"database_age_days": 2})
}

test_old_scan_is_denied if {
	old := {"created": "2026-11-01T00:00:00.000Z", "age_days": 21}
	some finding in scan_stale.deny with input as scanned(old, {})
	finding.message == "grype scanned 21 days ago, more than 7 (Cargo.lock)"
}

test_scan_without_a_time_is_denied if {
	some finding in scan_stale.deny with input as scanned({}, {})
	contains(finding.message, "does not say when")
}

test_old_data_is_denied if {
	fresh := {"created": "2026-11-21T00:00:00.000Z", "age_days": 1}
	some finding in scan_stale.deny with input as scanned(fresh, {"database_age_days": 9})
	finding.message == "grype looked with data that is 9 days old, more than 7 (Cargo.lock)"
}
