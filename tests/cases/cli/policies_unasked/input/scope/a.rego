# METADATA
# title: Images come from our registry
# description: Others are not looked through.
# custom:
#   code: APP-REGISTRY
#   severity: high
#   scope: image
#   remediation: Push it to registry.example.
package app.registry

deny contains "another registry" if {
	some container in input.workload.containers
	container.image.registry != "registry.example"
}
