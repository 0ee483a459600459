package goldgate.supply_chain.signer_test

import data.goldgate.lib.image_fixture_test as fixture
import data.goldgate.supply_chain.signer

test_image_of_a_release_is_allowed if {
	count(signer.deny) == 0 with input as fixture.changed({})
}

test_image_signed_by_others_is_denied if {
	some finding in signer.deny with input as fixture.changed({
		"verification": {"status": "unverified", "shortfalls": ["SIGNED_BY_OTHERS"], "errors": [], "rule": "shop"},
		"signatures": [],
		"rejected": [{"kind": "signature", "reason": "SUBJECT_MISMATCH", "message": ""}],
	})
	finding.message == "registry.example/shop/checkout:1.4.2 is signed, but by nobody who may release it (SUBJECT_MISMATCH)"
	finding.facts.signed_by == []
}

test_too_few_signers_are_denied if {
	some finding in signer.deny with input as fixture.changed({
		"verification": {"status": "unverified", "shortfalls": ["THRESHOLD_NOT_MET"], "errors": [], "rule": "shop"},
	})
	contains(finding.message, "too few")
	finding.facts.signed_by == ["release"]
}

test_unsigned_is_another_code if {
	count(signer.deny) == 0 with input as fixture.short(["UNSIGNED"])
}

test_denies_without_the_name_of_a_rule if {
	count(signer.deny) == 1 with input as fixture.short(["SIGNED_BY_OTHERS"])
	count(signer.deny) == 1 with input as fixture.short(["THRESHOLD_NOT_MET"])
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(signer.deny) with input as document
	}
}
