package goldgate.pod_security.host_probes_test

import data.goldgate.lib.fixture_test as fixture
import data.goldgate.pod_security.host_probes

test_probe_of_the_pod_itself_is_allowed if {
	probe := {"httpGet": {"path": "/", "port": 80, "host": ""}}
	hooks := {"preStop": {}}
	document := fixture.deployment({"containers": [{"name": "web", "livenessProbe": probe, "lifecycle": hooks}]})
	count(host_probes.deny) == 0 with input as document
}

test_probe_of_another_host_is_denied if {
	probe := {"httpGet": {"port": 80, "host": "169.254.169.254"}}
	document := fixture.deployment({"containers": [{"name": "web", "readinessProbe": probe}]})
	some finding in host_probes.deny with input as document
	finding.message == `container "web" names the host 169.254.169.254 in readinessProbe`
	finding.path == "/spec/template/spec/containers/0/readinessProbe/httpGet/host"
	finding.facts == {"host": "169.254.169.254"}
}

test_hook_of_another_host_is_denied if {
	hooks := {"preStop": {"tcpSocket": {"host": "node"}}}
	document := fixture.deployment({"initContainers": [{"name": "web", "lifecycle": hooks}]})
	some finding in host_probes.deny with input as document
	finding.message == `init container "web" names the host node in lifecycle.preStop`
	finding.path == "/spec/template/spec/initContainers/0/lifecycle/preStop/tcpSocket/host"
}

test_each_place_is_a_finding_of_its_own if {
	action := {"httpGet": {"host": "a"}, "tcpSocket": {"host": "a"}}
	container := {
		"livenessProbe": action,
		"readinessProbe": action,
		"startupProbe": action,
		"lifecycle": {"postStart": action, "preStop": action},
	}
	document := fixture.bare_pod({"ephemeralContainers": [container]})
	count(host_probes.deny) == 10 with input as document
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(host_probes.deny) with input as document
	}
}
