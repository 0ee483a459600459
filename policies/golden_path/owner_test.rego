package goldgate.golden_path.owner_test

import data.goldgate.golden_path.owner
import data.goldgate.lib.fixture_test as fixture

test_service_with_owner_is_allowed if {
	count(owner.deny) == 0 with input as fixture.release([], [])
}

test_service_without_owner_is_denied if {
	document := object.remove(fixture.release([], []), ["service"])
	unknown := object.union(document, {"service": {"ref": "component:default/cart", "source": "flag"}})
	some finding in owner.deny with input as unknown
	finding.message == "component:default/cart has no owner: its catalog-info.yaml names none, or was not found"
	finding.facts == {"service": "component:default/cart"}
}

test_unknown_service_is_denied_without_a_name if {
	some finding in owner.deny with input as {"service": {"ref": "", "owner": "", "source": "unknown"}}
	finding.message == "the release names no service, so nobody is known to own it"
	finding.facts == {"service": ""}
}

test_empty_owner_is_denied if {
	count(owner.deny) == 1 with input as {"service": {"owner": ""}}
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(owner.deny) with input as document
	}
}
