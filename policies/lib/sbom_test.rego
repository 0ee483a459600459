package goldgate.lib.sbom_test

import data.goldgate.lib.sbom
import data.goldgate.lib.sbom_fixture_test as fixture

test_way_in_is_told if {
	sbom.way_in(fixture.found) == "comes in through native-tls 0.2.11"
	sbom.way_in(object.union(fixture.found, {"direct": true, "path": ["openssl 0.10.60"]})) == "a direct dependency"
	sbom.way_in(object.union(fixture.found, {"path": ["openssl 0.10.60"]})) == "the bill does not say why it is there"
}

test_way_out_is_told if {
	sbom.way_out(fixture.found) == "fixed in 0.10.66"
	sbom.way_out(object.remove(fixture.found, ["fixed"])) == "no fix is known"
}

test_component_without_version_is_said_to_have_none if {
	sbom.component(object.remove(fixture.found, ["version"])) == "openssl (no version)"
}

test_pointer_is_one_for_each_trouble if {
	sbom.pointer(fixture.found) == "/vulnerabilities/pkg:cargo~1openssl@0.10.60/GHSA-aaaa-bbbb-cccc"
	sbom.pointer(object.remove(fixture.found, ["purl"])) == "/vulnerabilities/openssl 0.10.60/GHSA-aaaa-bbbb-cccc"
}
