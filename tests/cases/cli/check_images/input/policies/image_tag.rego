# METADATA
# title: Images are named by a version
# description: With `latest` nobody can say what runs.
# custom:
#   code: APP-IMAGE-TAG
#   severity: low
#   scope: workload
#   controls: []
#   remediation: Name the version in the image.
package app.image_tag

deny contains finding if {
	some container in input.workload.containers
	container.image.tag == "latest"
	finding := {
		"message": sprintf("the image of %q has the tag latest", [container.name]),
		"path": sprintf("%s/image", [container.origin.path]),
	}
}
