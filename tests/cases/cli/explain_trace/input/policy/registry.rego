# METADATA
# title: Images come from our registry
# custom:
#   code: APP-REGISTRY
#   remediation: Push the image to our registry.
#   severity: high
#   scope: workload
package app.registry

import data.app.lib

deny contains finding if {
	some container in input.workload.containers
	not lib.is_ours(container.image)
	every variable in container.env {
		variable.name != "ANY_REGISTRY"
	}
	finding := {
		"message": sprintf("%s comes from %s", [container.name, container.image.registry]),
		"path": container.origin.path,
	}
}

deny contains finding if {
	input.environment == "staging"
	finding := {"message": "never in this case"}
}
