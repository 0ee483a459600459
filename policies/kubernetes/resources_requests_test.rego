package goldgate.kubernetes.resources_requests_test

import data.goldgate.kubernetes.resources_requests
import data.goldgate.lib.fixture_test as fixture

cpu := {"value": 0.1, "written": "100m"}

memory := {"value": 134217728, "written": "128Mi"}

using(requests, limits) := {"name": "web", "resources": {"requests": requests, "limits": limits}}

test_requests_for_both_are_allowed if {
	document := fixture.containers([using({"cpu": cpu, "memory": memory}, {})])
	count(resources_requests.deny) == 0 with input as document
}

test_limit_stands_in_for_a_request if {
	document := fixture.containers([using({"cpu": cpu}, {"memory": memory})])
	count(resources_requests.deny) == 0 with input as document
}

test_requests_of_the_pod_are_enough if {
	document := fixture.deployment({
		"containers": [{"name": "web"}],
		"resources": {"requests": {"cpu": "100m", "memory": "128Mi"}},
	})
	count(resources_requests.deny) == 0 with input as document
}

test_missing_request_is_denied if {
	document := fixture.containers([using({"cpu": cpu}, {})])
	some finding in resources_requests.deny with input as document
	finding.message == `container "web" requests no memory`
	finding.path == "/spec/template/spec/containers/0/resources/requests"
}

test_init_container_needs_requests_and_ephemeral_container_none if {
	document := fixture.deployment({"initContainers": [{"name": "a"}], "ephemeralContainers": [{"name": "b"}]})
	messages := {finding.message | some finding in resources_requests.deny} with input as document
	messages == {`init container "a" requests no cpu`, `init container "a" requests no memory`}
}

test_request_that_is_no_quantity_is_denied if {
	document := fixture.containers([using({"cpu": {"written": "lots"}, "memory": memory}, {})])
	some finding in resources_requests.deny with input as document
	finding.message == `the cpu request of container "web" is not a quantity`
	finding.path == "/spec/template/spec/containers/0/resources/requests/cpu"
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(resources_requests.deny) with input as document
	}
}
