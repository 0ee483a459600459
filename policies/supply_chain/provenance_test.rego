package goldgate.supply_chain.provenance_test

import data.goldgate.lib.image_fixture_test as fixture
import data.goldgate.supply_chain.provenance

test_image_with_provenance_is_allowed if {
	count(provenance.deny) == 0 with input as fixture.changed({})
}

test_image_without_provenance_is_denied if {
	some finding in provenance.deny with input as fixture.changed({"attestations": [fixture.sbom]})
	finding.message == "registry.example/shop/checkout:1.4.2 has no provenance by a trusted signer"
}

test_what_the_rule_asks_for_is_not_said_twice if {
	count(provenance.deny) == 0 with input as fixture.changed({
		"attestations": [],
		"verification": {"status": "unverified", "shortfalls": ["ATTESTATION_MISSING"], "errors": []},
	})
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(provenance.deny) with input as document
	}
}
