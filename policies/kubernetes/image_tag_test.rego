package goldgate.kubernetes.image_tag_test

import data.goldgate.kubernetes.image_tag
import data.goldgate.lib.fixture_test as fixture

using(image) := fixture.containers([{"name": "web", "image": object.union({"repository": "library/nginx"}, image)}])

test_version_is_allowed if {
	count(image_tag.deny) == 0 with input as using({"reference": "nginx:1.29", "tag": "1.29"})
}

test_digest_is_allowed_whatever_the_tag if {
	count(image_tag.deny) == 0 with input as using({"reference": "nginx@sha256:0", "digest": "sha256:0"})
	count(image_tag.deny) == 0 with input as using({"reference": "nginx:latest@sha256:0", "tag": "latest", "digest": "sha256:0"})
}

test_missing_tag_is_denied if {
	some finding in image_tag.deny with input as using({"reference": "nginx"})
	finding.message == `the image of container "web" has no tag, which means latest: nginx`
	finding.path == "/spec/template/spec/containers/0/image"
}

test_latest_is_denied if {
	some finding in image_tag.deny with input as using({"reference": "nginx:latest", "tag": "latest"})
	finding.message == `the image of container "web" has the tag latest: nginx:latest`
	finding.path == "/spec/template/spec/containers/0/image"
}

test_latest_is_denied_in_every_kind_of_container if {
	image := {"reference": "nginx", "repository": "library/nginx"}
	document := fixture.containers([{"kind": kind, "image": image} | some kind in ["init", "sidecar", "ephemeral"]])
	count(image_tag.deny) == 3 with input as document
}

test_invalid_reference_is_left_to_its_own_rule if {
	document := fixture.containers([{"image": {"reference": "nginx:", "invalid": "the tag is empty"}}, {}])
	count(image_tag.deny) == 0 with input as document
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(image_tag.deny) with input as document
	}
}
