package goldgate.pod_security.host_process_test

import data.goldgate.lib.fixture_test as fixture
import data.goldgate.pod_security.host_process

as_process(value) := {"windowsOptions": {"hostProcess": value}}

test_ordinary_container_is_allowed if {
	document := fixture.deployment({"securityContext": as_process(false), "containers": [{"securityContext": as_process(null)}, {}]})
	count(host_process.deny) == 0 with input as document
}

test_host_process_pod_is_denied if {
	document := fixture.deployment({"os": {"name": "windows"}, "securityContext": as_process(true)})
	some finding in host_process.deny with input as document
	finding.message == "the pod runs as a process of the node: hostProcess is on"
	finding.path == "/spec/template/spec/securityContext/windowsOptions/hostProcess"
}

test_host_process_containers_of_every_kind_are_denied if {
	container := {"name": "web", "securityContext": as_process(true)}
	document := fixture.cron_job({"containers": [container], "initContainers": [container], "ephemeralContainers": [container]})
	count(host_process.deny) == 3 with input as document
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(host_process.deny) with input as document
	}
}
