package goldgate.pod_security.privileged_test

import data.goldgate.lib.fixture_test as fixture
import data.goldgate.pod_security.privileged

test_container_without_privileges_is_allowed if {
	document := fixture.deployment({"containers": [{"name": "a"}, {"name": "b", "securityContext": {"privileged": false}}]})
	count(privileged.deny) == 0 with input as document
}

test_privileged_container_is_denied if {
	document := fixture.deployment({"containers": [{"name": "web", "securityContext": {"privileged": true}}]})
	some finding in privileged.deny with input as document
	finding.message == `container "web" is privileged`
	finding.path == "/spec/template/spec/containers/0/securityContext/privileged"
}

test_privileged_init_and_ephemeral_containers_are_denied if {
	container := {"name": "web", "securityContext": {"privileged": true}}
	document := fixture.bare_pod({"initContainers": [container], "ephemeralContainers": [container]})
	paths := {finding.path | some finding in privileged.deny} with input as document
	paths == {
		"/spec/initContainers/0/securityContext/privileged",
		"/spec/ephemeralContainers/0/securityContext/privileged",
	}
}

test_path_of_a_cron_job_leads_into_its_template if {
	document := fixture.cron_job({"containers": [{"name": "web", "securityContext": {"privileged": true}}]})
	some finding in privileged.deny with input as document
	finding.path == "/spec/jobTemplate/spec/template/spec/containers/0/securityContext/privileged"
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(privileged.deny) with input as document
	}
}
