# METADATA
# title: Containers limit their memory
# description: A leak in a container without a memory limit takes the memory of the node, and with it other services.
# custom:
#   code: K8S-RESOURCES-LIMITS
#   severity: medium
#   scope: workload
#   controls: [NSA-K8S-resources]
#   remediation: "Add the most the container may use, e.g. `resources: {limits: {memory: 256Mi}}`."
package goldgate.kubernetes.resources_limits

import data.goldgate.lib.pod

deny contains finding if {
	some container in input.workload.containers
	container.kind != "ephemeral"
	not limited(container)
	finding := {
		"message": sprintf("%s has no memory limit", [pod.title(container)]),
		"path": sprintf("%s/resources/limits", [container.origin.path]),
	}
}

deny contains finding if {
	some container in input.workload.containers
	quantity := container.resources.limits.memory
	not positive(quantity)
	finding := {
		"message": sprintf("the memory limit of %s is not a quantity above 0", [pod.title(container)]),
		"path": sprintf("%s/resources/limits/memory", [container.origin.path]),
	}
}

positive(quantity) if quantity.value > 0

limited(container) if container.resources.limits.memory

# The pod limits all of its containers together.
limited(_) if input.workload.pod.resources.limits.memory != null
