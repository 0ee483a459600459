package goldgate.supply_chain.source_test

import data.goldgate.lib.image_fixture_test as fixture
import data.goldgate.supply_chain.source

test_repository_of_the_catalogue_is_allowed if {
	count(source.deny) == 0 with input as kept_in(fixture.changed({}), "https://github.com/acme/checkout")
}

test_other_repository_is_denied if {
	some finding in source.deny with input as kept_in(fixture.changed({}), "https://github.com/acme/cart")
	finding.message == "registry.example/shop/checkout:1.4.2 was built from https://github.com/acme/checkout, and component:default/checkout is kept in https://github.com/acme/cart"
	finding.facts == {"sources": ["https://github.com/acme/checkout"], "expected": "https://github.com/acme/cart"}
}

test_provenance_without_a_source_is_denied if {
	document := fixture.changed({"attestations": [{"kind": "provenance", "provenance": {"builder_id": "x"}}]})
	some finding in source.deny with input as kept_in(document, "https://github.com/acme/checkout")
	contains(finding.message, "a source that its provenance does not name")
}

test_image_of_others_is_allowed if {
	document := kept_in(fixture.changed({}), "https://github.com/acme/cart")
	count(source.deny) == 0 with input as document with data.supply_chain.foreign_images as ["registry.example/shop/*"]
}

test_service_without_a_known_repository_is_allowed if {
	count(source.deny) == 0 with input as fixture.changed({})
}

kept_in(document, repository) := object.union(document, {"service": {"repository": repository}})

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(source.deny) with input as document
	}
}
