package goldgate.supply_chain.base_image_test

import data.goldgate.lib.image_fixture_test as fixture
import data.goldgate.supply_chain.base_image

test_known_base_is_allowed if {
	count(base_image.deny) == 0 with input as fixture.changed({})
}

test_base_of_a_platform_is_known if {
	platform := {"os": "linux", "configuration": {"base_image": {"name": "docker.io/library/debian:13"}}}
	document := fixture.about(object.union(object.remove(fixture.good, ["configuration", "platforms"]), {"platforms": [platform]}))
	count(base_image.deny) == 0 with input as document
	count(base_image.deny) == 1 with input as document with data.supply_chain.base_images as ["registry.example/base/*"]
}

test_unknown_base_is_denied if {
	some finding in base_image.deny with input as fixture.changed({"configuration": {"labels": {}}})
	finding.message == "registry.example/shop/checkout:1.4.2 does not say which image it is built on"
}

test_base_beside_the_list_is_denied if {
	some finding in base_image.deny with input as fixture.changed({}) with data.supply_chain.base_images as ["registry.example/base/*"]
	finding.facts.base_image == "docker.io/library/debian:13"
	finding.severity == "medium"
}

test_base_on_the_list_is_allowed_with_any_version if {
	allowed := ["docker.io/library/debian", "registry.example:5000/base/*"]
	count(base_image.deny) == 0 with input as fixture.changed({}) with data.supply_chain.base_images as allowed
	configuration := {"labels": {}, "base_image": {"name": "registry.example:5000/base/java:21@sha256:0"}}
	count(base_image.deny) == 0 with input as fixture.changed({"configuration": configuration}) with data.supply_chain.base_images as allowed
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(base_image.deny) with input as document
	}
}
