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

# A trouble that comes in through `n` direct dependencies, of which 5 are told.
through(n) := object.union(fixture.found, {
	"n_ways": n,
	"ways": [{"path": [name, "openssl 0.10.60"], "step": sprintf("upgrade %s", [name])} | some name in ["a 1", "b 2", "c 3", "d 4", "e 5"]],
})

test_other_direct_dependencies_are_told if {
	sbom.way_in(through(5)) == "comes in through native-tls 0.2.11, also through b 2, c 3, d 4 and 1 more"
	sbom.way_in(through(9)) == "comes in through native-tls 0.2.11, also through b 2, c 3, d 4 and 5 more"
	sbom.way_in(object.remove(fixture.found, ["n_ways"])) == "comes in through native-tls 0.2.11"
	contains(sbom.way_in(object.union(through(5), {"direct": true})), "a direct dependency, also through b 2")
}

test_remedy_has_a_step_for_each_direct_dependency if {
	sbom.steps(fixture.found) == "`cargo update -p openssl@0.10.60 --precise 0.10.66`"
	sbom.steps(through(5)) == "upgrade a 1; upgrade b 2; upgrade c 3; upgrade d 4; upgrade e 5"
	sbom.steps(through(9)) == "upgrade a 1; upgrade b 2; upgrade c 3; upgrade d 4; upgrade e 5 and 4 more"
	sbom.steps(object.remove(fixture.found, ["n_ways"])) == sbom.steps(fixture.found)
	sbom.remedy(object.union(fixture.found, {"ways": []}), "!") == {}
	sbom.remedy(fixture.found, "!").remediation == "`cargo update -p openssl@0.10.60 --precise 0.10.66`!"
}
