package goldgate.sbom.quality_test

import data.goldgate.lib.sbom_fixture_test as fixture
import data.goldgate.sbom.quality

good := {
	"n_components": 20, "n_without_name": 0, "n_without_version": 0, "n_without_purl": 1, "n_without_license": 20,
	"has_graph": true, "n_unconnected": 0, "has_tool": true, "has_time": true,
}

bill(changed) := fixture.with_fields({"is_bill": true, "quality": object.union(good, changed)})

settings := {"least_versioned": 0.95, "least_identified": 0.9}

test_good_bill_is_allowed if {
	count(quality.deny) == 0 with input as bill({}) with data.sbom as settings
}

test_lock_file_is_not_asked if {
	count(quality.deny) == 0 with input as fixture.with_fields({"quality": object.union(good, {"has_tool": false})})
		with data.sbom as settings
}

test_each_fault_is_told if {
	some changed, told in {
		"n_components": "lists no component",
		"n_without_name": "has 9 components without a name",
		"n_without_version": "has 9 of 20 components without a version",
		"n_without_purl": "has 9 of 20 components without a package URL",
	}
	value := {"n_components": 0}
	some finding in quality.deny with input as bill({changed: object.get(value, changed, 9)}) with data.sbom as settings
	endswith(finding.message, told)
}

test_empty_bill_is_denied if {
	some finding in quality.deny with input as bill({"n_components": 0}) with data.sbom as settings
	finding.message == "Cargo.lock lists no component"
}

test_missing_facts_are_told if {
	count(quality.deny) == 3 with input as bill({"has_graph": false, "has_tool": false, "has_time": false})
		with data.sbom as settings
}
