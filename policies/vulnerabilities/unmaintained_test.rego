package goldgate.vulnerabilities.unmaintained_test

import data.goldgate.lib.sbom_fixture_test as fixture
import data.goldgate.vulnerabilities.unmaintained

test_maintained_is_allowed if {
	count(unmaintained.deny) == 0 with input as fixture.bill([fixture.found])
}

test_each_kind_is_told if {
	troubles := [object.union(fixture.found, {"kind": kind}) | some kind in ["unmaintained", "unsound", "notice"]]
	messages := {finding.message | some finding in unmaintained.deny} with input as fixture.bill(troubles)
	count(messages) == 3
	some message in messages
	contains(message, "openssl 0.10.60 is unsound")
}
