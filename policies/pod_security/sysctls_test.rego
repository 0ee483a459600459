package goldgate.pod_security.sysctls_test

import data.goldgate.lib.fixture_test as fixture
import data.goldgate.pod_security.sysctls

setting(parameters) := {"securityContext": {"sysctls": parameters}}

test_safe_parameters_are_allowed if {
	names := [
		"kernel.shm_rmid_forced",
		"net.ipv4.ip_local_port_range",
		"net.ipv4.ip_local_reserved_ports",
		"net.ipv4.ip_unprivileged_port_start",
		"net.ipv4.ping_group_range",
		"net.ipv4.tcp_fin_timeout",
		"net.ipv4.tcp_keepalive_intvl",
		"net.ipv4.tcp_keepalive_probes",
		"net.ipv4.tcp_keepalive_time",
		"net.ipv4.tcp_notsent_lowat",
		"net.ipv4.tcp_rmem",
		"net.ipv4.tcp_slow_start_after_idle",
		"net.ipv4.tcp_syncookies",
		"net.ipv4.tcp_wmem",
	]
	document := fixture.deployment(setting([{"name": name, "value": "1"} | some name in names]))
	count(sysctls.deny) == 0 with input as document
}

test_unsafe_parameter_is_denied if {
	document := fixture.deployment(setting([{"name": "kernel.shm_rmid_forced"}, {"name": "kernel.msgmax", "value": "1"}]))
	some finding in sysctls.deny with input as document
	finding.message == `the pod sets the kernel parameter "kernel.msgmax", which is not on the safe list`
	finding.path == "/spec/template/spec/securityContext/sysctls/1/name"
	finding.facts == {"sysctl": "kernel.msgmax"}
}

test_parameter_without_name_is_denied if {
	document := fixture.cron_job(setting([{"value": "1"}, null]))
	count(sysctls.deny) == 2 with input as document
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(sysctls.deny) with input as document
	}
}
