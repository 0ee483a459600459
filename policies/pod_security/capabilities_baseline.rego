# METADATA
# title: Containers add no dangerous capabilities
# description: A capability beyond the runtime's default set gives a container power over the node, its network or other containers.
# custom:
#   code: K8S-CAPABILITIES-BASELINE
#   severity: high
#   scope: workload
#   controls: [PSS-baseline, CIS-K8S-5.2.8, CIS-K8S-5.2.9, NSA-K8S-capabilities]
#   remediation: Remove the capability from `securityContext.capabilities.add`.
package goldgate.pod_security.capabilities_baseline

import data.goldgate.lib.pod

allowed_capabilities := {
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
}

deny contains finding if {
	some container in input.workload.containers
	some index, capability in pod.list(container.spec.securityContext.capabilities.add)
	not capability in allowed_capabilities
	finding := {
		"message": sprintf("%s adds the capability %v, which is not in the default set", [pod.title(container), capability]),
		"path": sprintf("%s/securityContext/capabilities/add/%d", [container.origin.path, index]),
		"facts": {"capability": capability},
	}
}
