# METADATA
# title: Containers cannot gain privileges
# description: A set-user-ID program in the image can make a process root again unless Kubernetes forbids it.
# custom:
#   code: K8S-PRIVILEGE-ESCALATION
#   severity: high
#   scope: workload
#   controls: [PSS-restricted, CIS-K8S-5.2.6, NSA-K8S-privilege-escalation]
#   remediation: Set `securityContext.allowPrivilegeEscalation` to `false` on the container.
package goldgate.pod_security.privilege_escalation

import data.goldgate.lib.pod

deny contains finding if {
	not pod.windows
	some container in input.workload.containers
	not container.spec.securityContext.allowPrivilegeEscalation == false
	finding := {
		"message": sprintf("%s may gain privileges: allowPrivilegeEscalation is not false", [pod.title(container)]),
		"path": sprintf("%s/securityContext/allowPrivilegeEscalation", [container.origin.path]),
	}
}
