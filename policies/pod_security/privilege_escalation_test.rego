package goldgate.pod_security.privilege_escalation_test

import data.goldgate.lib.fixture_test as fixture
import data.goldgate.pod_security.privilege_escalation

allowing(value) := {"name": "web", "securityContext": {"allowPrivilegeEscalation": value}}

test_forbidden_escalation_is_allowed if {
	document := fixture.deployment({"containers": [allowing(false)], "initContainers": [allowing(false)]})
	count(privilege_escalation.deny) == 0 with input as document
}

test_escalation_that_is_not_forbidden_is_denied if {
	document := fixture.deployment({"containers": [{"name": "web"}]})
	some finding in privilege_escalation.deny with input as document
	finding.message == `container "web" may gain privileges: allowPrivilegeEscalation is not false`
	finding.path == "/spec/template/spec/containers/0/securityContext/allowPrivilegeEscalation"
}

test_escalation_is_denied_in_every_kind_of_container if {
	document := fixture.cron_job({
		"containers": [allowing(true)],
		"initContainers": [allowing(null)],
		"ephemeralContainers": [allowing("false")],
	})
	count(privilege_escalation.deny) == 3 with input as document
}

test_windows_has_no_privilege_escalation if {
	document := fixture.deployment({"os": {"name": "windows"}, "containers": [{"name": "web"}]})
	count(privilege_escalation.deny) == 0 with input as document
}

test_linux_pod_is_denied if {
	document := fixture.deployment({"os": {"name": "linux"}, "containers": [{"name": "web"}]})
	count(privilege_escalation.deny) == 1 with input as document
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(privilege_escalation.deny) with input as document
	}
}
