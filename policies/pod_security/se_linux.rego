# METADATA
# title: Containers keep the SELinux context of a container
# description: Another SELinux type, user or role can take a process out of the confinement that separates containers from the node.
# custom:
#   code: K8S-SELINUX
#   severity: high
#   scope: workload
#   controls: [PSS-baseline, CIS-K8S-5.6.3, NSA-K8S-hardening-profiles]
#   remediation: Remove `user` and `role` from `securityContext.seLinuxOptions`, and let `type` be `container_t`, `container_init_t`, `container_kvm_t` or `container_engine_t`.
package goldgate.pod_security.se_linux

import data.goldgate.lib.pod

allowed_values := {
	"type": {"", null, "container_t", "container_init_t", "container_kvm_t", "container_engine_t"},
	"user": {"", null},
	"role": {"", null},
}

deny contains finding if {
	some place in pod.places
	some option, allowed in allowed_values
	value := place.security.seLinuxOptions[option]
	not value in allowed
	finding := {
		"message": sprintf("%s sets the SELinux %s to %v", [place.title, option, value]),
		"path": sprintf("%s/seLinuxOptions/%s", [place.path, option]),
		"facts": {"option": option, "value": value},
	}
}
