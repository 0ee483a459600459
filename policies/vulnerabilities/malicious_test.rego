package goldgate.vulnerabilities.malicious_test

import data.goldgate.lib.sbom_fixture_test as fixture
import data.goldgate.vulnerabilities.malicious

test_vulnerable_is_not_malicious if {
	count(malicious.deny) == 0 with input as fixture.bill([fixture.found])
}

test_malicious_is_denied if {
	some finding in malicious.deny with input as fixture.bill([object.union(fixture.found, {"kind": "malicious"})])
	finding.message == "openssl 0.10.60 is malicious: GHSA-aaaa-bbbb-cccc Reads out of bounds (comes in through native-tls 0.2.11)"
}
