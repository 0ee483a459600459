# METADATA
# title: Windows containers do not run as processes of the node
# description: A HostProcess container has the rights of a process that an administrator started on the node.
# custom:
#   code: K8S-HOST-PROCESS
#   severity: critical
#   scope: workload
#   controls: [PSS-baseline, CIS-K8S-5.2.11]
#   remediation: Remove `securityContext.windowsOptions.hostProcess` or set it to `false`, on the pod and on its containers.
package goldgate.pod_security.host_process

import data.goldgate.lib.pod

deny contains finding if {
	some place in pod.places
	pod.on(place.security.windowsOptions.hostProcess)
	finding := {
		"message": sprintf("%s runs as a process of the node: hostProcess is on", [place.title]),
		"path": sprintf("%s/windowsOptions/hostProcess", [place.path]),
	}
}
