package goldgate.sbom.stale_test

import data.goldgate.lib.sbom_fixture_test as fixture
import data.goldgate.sbom.stale

test_fresh_bill_is_allowed if {
	count(stale.deny) == 0 with input as fixture.with_fields({"age_days": 90}) with data.sbom as {"max_age_days": 90}
}

test_bill_without_a_time_is_another_rule if {
	count(stale.deny) == 0 with input as fixture.bill([]) with data.sbom as {"max_age_days": 90}
}

test_old_bill_is_denied if {
	some finding in stale.deny with input as fixture.with_fields({"age_days": 91}) with data.sbom as {"max_age_days": 90}
	finding.message == "Cargo.lock was made 91 days ago, more than 90"
}
