package goldgate.vulnerabilities.unmaintained_test

import data.goldgate.lib.sbom_fixture_test as fixture
import data.goldgate.vulnerabilities.unmaintained

test_maintained_is_allowed if {
	count(unmaintained.deny) == 0 with input as fixture.bill([fixture.found])
}

test_each_kind_is_told if {
	troubles := [object.union(fixture.found, {"kind": kind}) | some kind in ["unmaintained", "unsound", "notice"]]
	count(unmaintained.deny) == 3 with input as fixture.bill(troubles)
	some finding in unmaintained.deny with input as fixture.bill(troubles)
	finding.message == "openssl 0.10.60 is unsound: GHSA-aaaa-bbbb-cccc Reads out of bounds (fixed in 0.10.66; comes in through native-tls 0.2.11)"
}
