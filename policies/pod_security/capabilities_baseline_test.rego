package goldgate.pod_security.capabilities_baseline_test

import data.goldgate.lib.fixture_test as fixture
import data.goldgate.pod_security.capabilities_baseline

adding(capabilities) := {"name": "web", "securityContext": {"capabilities": {"add": capabilities}}}

test_default_capabilities_are_allowed if {
	default_set := [
		"AUDIT_WRITE",
		"CHOWN",
		"DAC_OVERRIDE",
		"FOWNER",
		"FSETID",
		"KILL",
		"MKNOD",
		"NET_BIND_SERVICE",
		"SETFCAP",
		"SETGID",
		"SETPCAP",
		"SETUID",
		"SYS_CHROOT",
	]
	document := fixture.deployment({"containers": [adding(default_set), adding([]), {"name": "plain"}]})
	count(capabilities_baseline.deny) == 0 with input as document
}

test_dangerous_capability_is_denied if {
	document := fixture.deployment({"containers": [adding(["CHOWN", "SYS_ADMIN"])]})
	some finding in capabilities_baseline.deny with input as document
	finding.message == `container "web" adds the capability SYS_ADMIN, which is not in the default set`
	finding.path == "/spec/template/spec/containers/0/securityContext/capabilities/add/1"
	finding.facts == {"capability": "SYS_ADMIN"}
}

test_net_raw_and_all_are_denied_in_every_kind_of_container if {
	document := fixture.deployment({"initContainers": [adding(["NET_RAW"])], "ephemeralContainers": [adding(["ALL"])]})
	count(capabilities_baseline.deny) == 2 with input as document
}

test_name_with_prefix_is_no_known_capability if {
	document := fixture.deployment({"containers": [adding(["CAP_CHOWN"])]})
	count(capabilities_baseline.deny) == 1 with input as document
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(capabilities_baseline.deny) with input as document
	}
}
