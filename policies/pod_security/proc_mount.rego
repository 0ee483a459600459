# METADATA
# title: Containers keep the masks over /proc
# description: Without the masks a process reads and changes settings of the node's kernel through /proc.
# custom:
#   code: K8S-PROC-MOUNT
#   severity: high
#   scope: workload
#   controls: [PSS-baseline]
#   remediation: Remove `securityContext.procMount` or set it to `Default`; only a pod with a user namespace of its own (`hostUsers` false) may unmask it.
package goldgate.pod_security.proc_mount

import data.goldgate.lib.pod

deny contains finding if {
	not pod.user_namespace
	some container in input.workload.containers
	proc_mount_type := container.spec.securityContext.procMount
	not proc_mount_type in {"Default", null}
	finding := {
		"message": sprintf("%s sets procMount to %v", [pod.title(container), proc_mount_type]),
		"path": sprintf("%s/securityContext/procMount", [container.origin.path]),
	}
}
