package goldgate.supply_chain.digest_test

import data.goldgate.lib.image_fixture_test as fixture
import data.goldgate.supply_chain.digest

test_digest_is_allowed if {
	count(digest.deny) == 0 with input as fixture.changed({"pinned_by_caller": true})
}

test_tag_is_denied_mildly if {
	some finding in digest.deny with input as fixture.changed({})
	finding.message == "registry.example/shop/checkout:1.4.2 is named by a tag, which can be moved after this check"
	startswith(finding.facts.resolved, "registry.example/shop/checkout@sha256:")
	not finding.severity
}

test_tag_where_the_rule_asks_for_a_digest_is_denied if {
	some finding in digest.deny with input as fixture.failed(["NOT_PINNED"])
	finding.severity == "high"
	count(digest.deny) == 1 with input as fixture.failed(["NOT_PINNED"])
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(digest.deny) with input as document
	}
}
