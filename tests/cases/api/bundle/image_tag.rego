# METADATA
# title: Images are named by a version
# description: With latest nobody can say what runs.
# custom:
#   code: TEST-IMAGE-TAG
#   severity: medium
#   scope: workload
#   controls: []
#   remediation: Name the version.
package test.image_tag

deny contains finding if {
	some container in input.workload.containers
	container.image.tag == "latest"
	finding := {
		"message": sprintf("the image of container %s has the tag latest, so that two pods of one release may run different code and nobody can say which", [container.name]),
		"path": sprintf("%s/image", [container.origin.path]),
	}
}
