package sbom

# METADATA
# title: A bill of materials is there
# custom:
#   short_name: found
deny contains result if {
	blob := ec.oci.blob(input.image.ref)
	result := {"code": "sbom.found", "msg": blob}
}
