package goldgate.vulnerabilities.advisories_stale_test

import data.goldgate.lib.sbom_fixture_test as fixture
import data.goldgate.vulnerabilities.advisories_stale

test_fresh_advisories_are_allowed if {
	count(advisories_stale.deny) == 0 with input as fixture.bill([])
}

test_old_advisories_are_denied if {
	changed := {"advisories": {"loaded": true, "age_days": 8}}
	some finding in advisories_stale.deny with input as fixture.with_fields(changed)
	finding.message == "the advisories were imported 8 days ago, more than 7"
}

test_broken_import_is_told if {
	changed := {"advisories": {"loaded": true, "age_days": 1, "fault": "the file is cut off"}}
	some finding in advisories_stale.deny with input as fixture.with_fields(changed)
	contains(finding.message, "the file is cut off")
}
