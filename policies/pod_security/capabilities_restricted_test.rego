package goldgate.pod_security.capabilities_restricted_test

import data.goldgate.lib.fixture_test as fixture
import data.goldgate.pod_security.capabilities_restricted

with_capabilities(capabilities) := {"name": "web", "securityContext": {"capabilities": capabilities}}

test_container_that_drops_all_is_allowed if {
	document := fixture.deployment({
		"containers": [with_capabilities({"drop": ["ALL"]})],
		"initContainers": [with_capabilities({"drop": ["CHOWN", "ALL"], "add": ["NET_BIND_SERVICE"]})],
	})
	count(capabilities_restricted.deny) == 0 with input as document
}

test_container_that_drops_nothing_is_denied if {
	document := fixture.deployment({"containers": [{"name": "web"}]})
	some finding in capabilities_restricted.deny with input as document
	finding.message == `container "web" does not drop all capabilities`
	finding.path == "/spec/template/spec/containers/0/securityContext/capabilities/drop"
}

test_dropping_some_is_not_dropping_all if {
	document := fixture.cron_job({"ephemeralContainers": [with_capabilities({"drop": ["NET_RAW", "all"]})]})
	count(capabilities_restricted.deny) == 1 with input as document
}

test_added_capability_is_denied if {
	document := fixture.deployment({"containers": [with_capabilities({"drop": ["ALL"], "add": ["CHOWN"]})]})
	some finding in capabilities_restricted.deny with input as document
	finding.message == `container "web" adds the capability CHOWN`
	finding.path == "/spec/template/spec/containers/0/securityContext/capabilities/add/0"
	finding.facts == {"capability": "CHOWN"}
}

test_windows_has_no_capabilities if {
	document := fixture.deployment({"os": {"name": "windows"}, "containers": [with_capabilities({"add": ["CHOWN"]})]})
	count(capabilities_restricted.deny) == 0 with input as document
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(capabilities_restricted.deny) with input as document
	}
}
