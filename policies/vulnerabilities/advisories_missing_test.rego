package goldgate.vulnerabilities.advisories_missing_test

import data.goldgate.lib.sbom_fixture_test as fixture
import data.goldgate.vulnerabilities.advisories_missing

test_loaded_advisories_are_allowed if {
	count(advisories_missing.deny) == 0 with input as fixture.bill([])
}

test_missing_advisories_are_denied if {
	some finding in advisories_missing.deny with input as fixture.with_fields({"advisories": {"loaded": false}})
	contains(finding.message, "no advisories are loaded")
}

test_ecosystem_without_advisories_is_denied if {
	changed := {"ecosystems": {"npm": {"n_components": 7, "n_advisories": 0}}}
	some finding in advisories_missing.deny with input as fixture.with_fields(changed)
	finding.message == "7 components of Cargo.lock were compared with nothing: no advisory about npm is loaded"
}
