# METADATA
# title: Images are valid references
# description: An image reference that no registry understands cannot be verified and cannot start; often a template was not filled in.
# custom:
#   code: K8S-IMAGE-INVALID
#   severity: high
#   scope: workload
#   controls: []
#   remediation: Write the image as `registry/repository:tag` or `registry/repository@sha256:…`, and render templates before the check.
package goldgate.kubernetes.image_invalid

import data.goldgate.lib.pod

deny contains finding if {
	some container in input.workload.containers
	reason := container.image.invalid
	finding := {
		"message": sprintf("the image of %s is not a valid reference: %v", [pod.title(container), reason]),
		"path": sprintf("%s/image", [container.origin.path]),
	}
}

deny contains finding if {
	some container in input.workload.containers
	not container.image
	finding := {
		"message": sprintf("%s names no image", [pod.title(container)]),
		"path": sprintf("%s/image", [container.origin.path]),
	}
}
