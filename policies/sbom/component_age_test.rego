package goldgate.sbom.component_age_test

import data.goldgate.lib.sbom_fixture_test as fixture
import data.goldgate.sbom.component_age

bill(days) := fixture.with_fields({"released": {"pkg:cargo/a@1.0.0": {
	"component": "a 1.0.0", "time": "2020-01-02T03:04:05Z", "age_days": days,
}}})

limits := {"most_component_age_days": 1825, "least_component_age_days": 3}

test_component_between_the_limits_is_allowed if {
	every days in [3, 1825] {
		count(component_age.deny) == 0 with input as bill(days) with data.sbom as limits
	}
}

test_component_without_a_date_is_allowed if {
	undated := fixture.with_fields({"purls": ["pkg:cargo/a@1.0.0"], "names": ["a 1.0.0"]})
	count(component_age.deny) == 0 with input as undated with data.sbom as limits
}

test_old_component_is_denied if {
	some finding in component_age.deny with input as bill(1826) with data.sbom as limits
	finding.message == "a 1.0.0 was released 1826 days ago, more than 1825"
}

test_new_component_is_denied if {
	some finding in component_age.deny with input as bill(2) with data.sbom as limits
	finding.message == "a 1.0.0 was released 2 days ago, less than 3"
}
