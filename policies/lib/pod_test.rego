package goldgate.lib.pod_test

import data.goldgate.lib.fixture_test as fixture
import data.goldgate.lib.pod

test_containers_are_called_by_kind_and_name if {
	pod.title({"kind": "container", "name": "web"}) == `container "web"`
	pod.title({"kind": "init", "name": "web"}) == `init container "web"`
	pod.title({"kind": "sidecar", "name": "web"}) == `sidecar container "web"`
	pod.title({"kind": "ephemeral", "name": ""}) == `ephemeral container ""`
}

test_only_false_and_null_are_off if {
	pod.on(true)
	pod.on("false")
	not pod.on(false)
	not pod.on(null)
}

test_annotations_stand_beside_the_spec if {
	pod.annotations_path == "/metadata/annotations" with input as {"workload": {"pod_path": "/spec"}}
	pod.annotations_path == "/template/metadata/annotations" with input as {"workload": {"pod_path": "/template/spec"}}
}

test_places_are_the_pod_and_its_containers if {
	document := fixture.bare_pod({
		"securityContext": {"runAsUser": 1},
		"containers": [{"name": "plain"}],
		"initContainers": [{"name": "a", "securityContext": {}}],
	})
	titles := {place.title | some place in pod.places} with input as document
	titles == {"the pod", `init container "a"`}
}
