package goldgate.supply_chain.builder_test

import data.goldgate.lib.image_fixture_test as fixture
import data.goldgate.supply_chain.builder

test_accepted_builder_is_allowed if {
	count(builder.deny) == 0 with input as fixture.changed({})
}

test_other_builder_is_denied if {
	document := fixture.changed({"attestations": [built_by("https://laptop.example/me")]})
	some finding in builder.deny with input as document
	finding.message == "registry.example/shop/checkout:1.4.2 was built by https://laptop.example/me, which is not an accepted builder"
	finding.facts.builders == ["https://laptop.example/me"]
}

test_builders_of_the_bundle_replace_the_defaults if {
	document := fixture.changed({"attestations": [built_by("https://laptop.example/me")]})
	count(builder.deny) == 0 with input as document with data.supply_chain.builders as ["https://laptop.example/*"]
	count(builder.deny) == 1 with input as fixture.changed({}) with data.supply_chain.builders as ["https://laptop.example/*"]
}

test_workflow_of_the_generator_is_accepted_at_a_tag_only if {
	workflow := "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_container_slsa3.yml"
	tagged := fixture.changed({"attestations": [built_by(concat("@", [workflow, "refs/tags/v1.9.0"]))]})
	moving := fixture.changed({"attestations": [built_by(concat("@", [workflow, "refs/heads/main"]))]})
	count(builder.deny) == 0 with input as tagged
	count(builder.deny) == 1 with input as moving
}

test_image_without_provenance_is_left_to_its_own_rule if {
	count(builder.deny) == 0 with input as fixture.changed({"attestations": []})
}

built_by(id) := {"kind": "provenance", "provenance": {"builder_id": id}}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(builder.deny) with input as document
	}
}
