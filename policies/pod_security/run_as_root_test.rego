package goldgate.pod_security.run_as_root_test

import data.goldgate.lib.fixture_test as fixture
import data.goldgate.pod_security.run_as_root

non_root(value) := {"name": "web", "securityContext": {"runAsNonRoot": value}}

test_non_root_pod_is_allowed if {
	document := fixture.deployment({
		"securityContext": {"runAsNonRoot": true},
		"containers": [{"name": "web"}, non_root(null), non_root(true)],
	})
	count(run_as_root.deny) == 0 with input as document
}

test_non_root_containers_are_allowed if {
	document := fixture.deployment({"containers": [non_root(true)], "initContainers": [non_root(true)]})
	count(run_as_root.deny) == 0 with input as document
}

test_container_that_says_nothing_is_denied if {
	document := fixture.deployment({"containers": [{"name": "web"}, non_root(true)]})
	some finding in run_as_root.deny with input as document
	finding.message == `container "web" may run as root: runAsNonRoot is not set`
	finding.path == "/spec/template/spec/containers/0/securityContext/runAsNonRoot"
}

test_container_overrides_its_pod if {
	document := fixture.cron_job({"securityContext": {"runAsNonRoot": true}, "ephemeralContainers": [non_root(false)]})
	some finding in run_as_root.deny with input as document
	finding.message == `ephemeral container "web" may run as root: runAsNonRoot is false`
	finding.path == "/spec/jobTemplate/spec/template/spec/ephemeralContainers/0/securityContext/runAsNonRoot"
}

test_pod_that_permits_root_is_denied_once if {
	document := fixture.deployment({"securityContext": {"runAsNonRoot": false}, "containers": [{"name": "web"}, {"name": "proxy"}]})
	messages := {finding.message | some finding in run_as_root.deny} with input as document
	messages == {"the pod may run as root: runAsNonRoot is false"}
}

test_root_in_a_user_namespace_is_allowed if {
	document := fixture.deployment({"hostUsers": false, "containers": [{"name": "web"}, non_root(false)]})
	count(run_as_root.deny) == 0 with input as document
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(run_as_root.deny) with input as document
	}
}
