# METADATA
# title: Containers request CPU and memory
# description: Without requests the scheduler packs pods blindly, and this one is the first to starve or to be evicted.
# custom:
#   code: K8S-RESOURCES-REQUESTS
#   severity: medium
#   scope: workload
#   controls: [NSA-K8S-resources]
#   remediation: "Add what the container normally needs, e.g. `resources: {requests: {cpu: 100m, memory: 128Mi}}`."
package goldgate.kubernetes.resources_requests

import data.goldgate.lib.pod

deny contains finding if {
	some container in input.workload.containers
	container.kind != "ephemeral"
	some name in ["cpu", "memory"]
	not requested(container, name)
	finding := {
		"message": sprintf("%s requests no %s", [pod.title(container), name]),
		"path": sprintf("%s/resources/requests", [container.origin.path]),
		"facts": {"resource": name},
	}
}

deny contains finding if {
	some container in input.workload.containers
	some name in ["cpu", "memory"]
	quantity := container.resources.requests[name]
	not readable(quantity)
	finding := {
		"message": sprintf("the %s request of %s is not a quantity", [name, pod.title(container)]),
		"path": sprintf("%s/resources/requests/%s", [container.origin.path, name]),
		"facts": {"resource": name},
	}
}

readable(quantity) if quantity.value >= 0

requested(container, name) if container.resources.requests[name]

# Kubernetes takes the limit for the request when only the limit is written.
requested(container, name) if container.resources.limits[name]

# Or the pod requests for all of its containers together.
requested(_, name) if input.workload.pod.resources.requests[name] != null
