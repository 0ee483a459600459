# METADATA
# title: Pods do not share the namespaces of the node
# description: With the node's network, process or IPC namespace a container reads and reaches what belongs to other pods and to the node itself.
# custom:
#   code: K8S-HOST-NAMESPACES
#   severity: critical
#   scope: workload
#   controls: [PSS-baseline, CIS-K8S-5.2.3, CIS-K8S-5.2.4, CIS-K8S-5.2.5, NSA-K8S-host-namespaces]
#   remediation: Remove `hostNetwork`, `hostPID` and `hostIPC` from the pod, or set them to `false`. Publish ports with a Service instead.
package goldgate.pod_security.host_namespaces

import data.goldgate.lib.pod

deny contains finding if {
	some field in ["hostNetwork", "hostPID", "hostIPC"]
	pod.on(input.workload.pod[field])
	finding := {
		"message": sprintf("the pod shares a namespace of the node: %s is on", [field]),
		"path": sprintf("%s/%s", [input.workload.pod_path, field]),
		"facts": {"field": field},
	}
}
