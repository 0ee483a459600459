package goldgate.supply_chain.attestation_test

import data.goldgate.lib.image_fixture_test as fixture
import data.goldgate.supply_chain.attestation

test_attested_image_is_allowed if {
	count(attestation.deny) == 0 with input as fixture.changed({})
}

test_missing_attestation_is_denied if {
	some finding in attestation.deny with input as fixture.changed({
		"verification": {"status": "unverified", "shortfalls": ["ATTESTATION_MISSING"], "errors": [], "rule": "shop"},
		"attestations": [fixture.sbom],
	})
	finding.message == "registry.example/shop/checkout:1.4.2 lacks an attestation that its rule asks for"
	finding.facts.attested == ["sbom"]
}

test_attestation_of_others_is_denied if {
	some finding in attestation.deny with input as fixture.changed({
		"verification": {"status": "unverified", "shortfalls": ["ATTESTED_BY_OTHERS"], "errors": [], "rule": "shop"},
		"rejected": [{"kind": "attestation", "reason": "ISSUER_MISMATCH", "message": ""}],
	})
	contains(finding.message, "(ISSUER_MISMATCH)")
}

test_denies_without_the_name_of_a_rule if {
	count(attestation.deny) == 1 with input as fixture.short(["ATTESTATION_MISSING"])
	count(attestation.deny) == 1 with input as fixture.short(["ATTESTED_BY_OTHERS"])
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(attestation.deny) with input as document
	}
}
