package goldgate.pod_security.run_as_user_zero_test

import data.goldgate.lib.fixture_test as fixture
import data.goldgate.pod_security.run_as_user_zero

as_user(user) := {"name": "web", "securityContext": {"runAsUser": user}}

test_other_users_are_allowed if {
	document := fixture.deployment({"securityContext": {"runAsUser": 1000}, "containers": [as_user(1), as_user(null), {}]})
	count(run_as_user_zero.deny) == 0 with input as document
}

test_root_user_is_denied if {
	document := fixture.deployment({"containers": [as_user(0)]})
	some finding in run_as_user_zero.deny with input as document
	finding.message == `container "web" runs as root: runAsUser is 0`
	finding.path == "/spec/template/spec/containers/0/securityContext/runAsUser"
}

test_root_user_is_denied_on_the_pod_and_in_every_kind_of_container if {
	document := fixture.bare_pod({
		"securityContext": {"runAsUser": 0},
		"initContainers": [as_user(0)],
		"ephemeralContainers": [as_user(0)],
	})
	count(run_as_user_zero.deny) == 3 with input as document
}

test_root_user_in_a_user_namespace_is_allowed if {
	document := fixture.deployment({"hostUsers": false, "containers": [as_user(0)]})
	count(run_as_user_zero.deny) == 0 with input as document
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(run_as_user_zero.deny) with input as document
	}
}
