# METADATA
# title: Pods set only safe kernel parameters
# description: A kernel parameter outside the safe list switches protections off or changes the node for every other pod on it.
# custom:
#   code: K8S-SYSCTLS
#   severity: high
#   scope: workload
#   controls: [PSS-baseline]
#   remediation: Remove the entry from `securityContext.sysctls` of the pod.
package goldgate.pod_security.sysctls

import data.goldgate.lib.pod

safe_parameters := {
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
}

deny contains finding if {
	some index, parameter in pod.list(input.workload.pod.securityContext.sysctls)
	name := pod.name(parameter)
	not name in safe_parameters
	finding := {
		"message": sprintf("the pod sets the kernel parameter \"%s\", which is not on the safe list", [name]),
		"path": sprintf("%s/securityContext/sysctls/%d/name", [input.workload.pod_path, index]),
		"facts": {"sysctl": name},
	}
}
