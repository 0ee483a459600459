package goldgate.kubernetes.resources_limits_test

import data.goldgate.kubernetes.resources_limits
import data.goldgate.lib.fixture_test as fixture

limited(limits) := {"name": "web", "resources": {"requests": {}, "limits": limits}}

test_memory_limit_is_allowed if {
	document := fixture.containers([limited({"memory": {"value": 268435456, "written": "256Mi"}})])
	count(resources_limits.deny) == 0 with input as document
}

test_limit_of_the_pod_is_enough if {
	document := fixture.deployment({"containers": [{"name": "web"}], "resources": {"limits": {"memory": "1Gi"}}})
	count(resources_limits.deny) == 0 with input as document
}

test_missing_memory_limit_is_denied if {
	document := fixture.containers([limited({"cpu": {"value": 1, "written": "1"}})])
	some finding in resources_limits.deny with input as document
	finding.message == `container "web" has no memory limit`
	finding.path == "/spec/template/spec/containers/0/resources/limits"
}

test_ephemeral_container_needs_no_limit if {
	document := fixture.deployment({"initContainers": [{"name": "a"}], "ephemeralContainers": [{"name": "b"}]})
	messages := {finding.message | some finding in resources_limits.deny} with input as document
	messages == {`init container "a" has no memory limit`}
}

test_limit_that_is_no_quantity_is_denied if {
	document := fixture.containers([limited({"memory": {"written": "1 gig"}}), limited({"memory": {"value": 0, "written": "0"}})])
	messages := [finding.message | some finding in resources_limits.deny] with input as document
	messages == [
		`the memory limit of container "web" is not a quantity above 0`,
		`the memory limit of container "web" is not a quantity above 0`,
	]
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(resources_limits.deny) with input as document
	}
}
