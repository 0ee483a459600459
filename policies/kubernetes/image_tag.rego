# METADATA
# title: Images are named by a version
# description: With `latest` nobody can say what runs, two pods may run different code, and a rollback brings back nothing.
# custom:
#   code: K8S-IMAGE-TAG
#   severity: high
#   scope: workload
#   controls: []
#   remediation: Name the version in the image, e.g. `registry.example/shop/checkout:1.4.2`, or better its digest `@sha256:…`.
package goldgate.kubernetes.image_tag

import data.goldgate.lib.pod

deny contains finding if {
	some container in input.workload.containers
	image := container.image
	image.repository
	not image.digest
	not image.tag
	finding := {
		"message": sprintf("the image of %s has no tag, which means latest: %s", [pod.title(container), image.reference]),
		"path": sprintf("%s/image", [container.origin.path]),
	}
}

deny contains finding if {
	some container in input.workload.containers
	image := container.image
	not image.digest
	image.tag == "latest"
	finding := {
		"message": sprintf("the image of %s has the tag latest: %s", [pod.title(container), image.reference]),
		"path": sprintf("%s/image", [container.origin.path]),
	}
}
