package goldgate.kubernetes.image_invalid_test

import data.goldgate.kubernetes.image_invalid
import data.goldgate.lib.fixture_test as fixture

test_valid_reference_is_allowed if {
	document := fixture.containers([{"image": {"reference": "nginx", "repository": "library/nginx"}}])
	count(image_invalid.deny) == 0 with input as document
}

test_invalid_reference_is_denied if {
	document := fixture.containers([{"name": "web", "image": {"reference": "{{ image }}", "invalid": "it holds a space"}}])
	some finding in image_invalid.deny with input as document
	finding.message == `the image of container "web" is not a valid reference: it holds a space`
	finding.path == "/spec/template/spec/containers/0/image"
}

test_missing_image_is_denied if {
	document := fixture.deployment({"initContainers": [{"name": "web"}]})
	some finding in image_invalid.deny with input as document
	finding.message == `init container "web" names no image`
	finding.path == "/spec/template/spec/initContainers/0/image"
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(image_invalid.deny) with input as document
	}
}
