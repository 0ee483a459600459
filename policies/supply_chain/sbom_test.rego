package goldgate.supply_chain.sbom_test

import data.goldgate.lib.image_fixture_test as fixture
import data.goldgate.supply_chain.sbom

test_image_with_sbom_is_allowed if {
	count(sbom.deny) == 0 with input as fixture.changed({})
}

test_image_without_sbom_is_denied if {
	some finding in sbom.deny with input as fixture.changed({"attestations": [fixture.provenance]})
	finding.message == "registry.example/shop/checkout:1.4.2 has no SBOM by a trusted signer"
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(sbom.deny) with input as document
	}
}
