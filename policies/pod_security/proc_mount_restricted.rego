# METADATA
# title: Containers keep the masks over /proc, also in a user namespace
# description: The restricted standard allows no unmasked /proc at all, even where a user namespace takes away most of its danger.
# custom:
#   code: K8S-PROC-MOUNT-RESTRICTED
#   severity: medium
#   scope: workload
#   controls: [PSS-restricted]
#   remediation: Remove `securityContext.procMount` or set it to `Default`.
package goldgate.pod_security.proc_mount_restricted

import data.goldgate.lib.pod

deny contains finding if {
	some container in input.workload.containers
	proc_mount_type := container.spec.securityContext.procMount
	not proc_mount_type in {"Default", null}
	finding := {
		"message": sprintf("%s sets procMount to %v", [pod.title(container), proc_mount_type]),
		"path": sprintf("%s/securityContext/procMount", [container.origin.path]),
	}
}
