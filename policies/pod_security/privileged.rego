# METADATA
# title: Containers are not privileged
# description: A privileged container has every capability and every device of the node, so whoever breaks into it owns the node.
# custom:
#   code: K8S-PRIVILEGED
#   severity: critical
#   scope: workload
#   controls: [PSS-baseline, CIS-K8S-5.2.2, NSA-K8S-privileged]
#   remediation: Remove `securityContext.privileged` from the container or set it to `false`. Add the one capability that is needed instead.
package goldgate.pod_security.privileged

import data.goldgate.lib.pod

deny contains finding if {
	some container in input.workload.containers
	pod.on(container.spec.securityContext.privileged)
	finding := {
		"message": sprintf("%s is privileged", [pod.title(container)]),
		"path": sprintf("%s/securityContext/privileged", [container.origin.path]),
	}
}
