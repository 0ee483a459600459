# METADATA
# title: Pods mount no directory of the node
# description: A hostPath volume opens the node's file system to the pod, often with credentials of the node and of other pods in it.
# custom:
#   code: K8S-HOST-PATH
#   severity: high
#   scope: workload
#   controls: [PSS-baseline, CIS-K8S-5.2.12, NSA-K8S-host-path]
#   remediation: Replace `hostPath` by `emptyDir`, `configMap`, `secret` or `persistentVolumeClaim`.
package goldgate.pod_security.host_path

import data.goldgate.lib.pod

deny contains finding if {
	some index, volume in input.workload.volumes
	volume.hostPath != null
	finding := {
		"message": sprintf("volume \"%s\" mounts a directory of the node", [pod.name(volume)]),
		"path": sprintf("%s/volumes/%d/hostPath", [input.workload.pod_path, index]),
	}
}
