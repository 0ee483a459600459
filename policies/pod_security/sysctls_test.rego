package goldgate.pod_security.sysctls_test

import data.goldgate.lib.fixture_test as fixture
import data.goldgate.pod_security.sysctls

setting(parameters) := {"securityContext": {"sysctls": parameters}}

test_safe_parameters_are_allowed if {
	document := fixture.deployment(setting([
		{"name": "net.ipv4.tcp_syncookies", "value": "1"},
		{"name": "net.ipv4.tcp_notsent_lowat", "value": "16384"},
	]))
	count(sysctls.deny) == 0 with input as document
}

test_unsafe_parameter_is_denied if {
	document := fixture.deployment(setting([{"name": "kernel.shm_rmid_forced"}, {"name": "kernel.msgmax", "value": "1"}]))
	some finding in sysctls.deny with input as document
	finding.message == "the pod sets the kernel parameter kernel.msgmax, which is not on the safe list"
	finding.path == "/spec/template/spec/securityContext/sysctls/1/name"
}

test_parameter_without_name_is_denied if {
	document := fixture.cron_job(setting([{"value": "1"}]))
	count(sysctls.deny) == 1 with input as document
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(sysctls.deny) with input as document
	}
}
