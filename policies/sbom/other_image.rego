# METADATA
# title: A bill of materials belongs to the image that is released
# description: A bill of another build says nothing of this one.
# custom:
#   code: SBOM-OTHER-IMAGE
#   severity: medium
#   scope: sbom
#   controls: [NTIA-SBOM]
#   remediation: Make the bill of the image's digest (`syft IMAGE@sha256:…`) in the run that pushes it, or attest it on the image.
package goldgate.sbom.other_image

# Only a bill that names digests says of which image it is, and only images that were looked at have one.
deny contains finding if {
	input.sbom.of_image == false
	finding := {
		"message": sprintf("%s is about %s, which is no image of this release", [
			input.sbom.file, concat(", ", sort(input.sbom.subject_digests)),
		]),
		"facts": {"subject": input.sbom.subject_digests},
	}
}
