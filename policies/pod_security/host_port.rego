# METADATA
# title: Containers open no port of the node
# description: A host port goes around Services and network policies, and ties the pod to one per node.
# custom:
#   code: K8S-HOST-PORT
#   severity: high
#   scope: workload
#   controls: [PSS-baseline, CIS-K8S-5.2.13, NSA-K8S-host-port]
#   remediation: Remove `hostPort` from the container's `ports` and publish the port with a Service.
package goldgate.pod_security.host_port

import data.goldgate.lib.pod

deny contains finding if {
	some container in input.workload.containers
	some index, port in pod.list(container.spec.ports)
	host_port := port.hostPort
	not host_port in {0, null}
	finding := {
		"message": sprintf("%s opens port %v of the node", [pod.title(container), host_port]),
		"path": sprintf("%s/ports/%d/hostPort", [container.origin.path, index]),
		"facts": {"host_port": host_port},
	}
}
