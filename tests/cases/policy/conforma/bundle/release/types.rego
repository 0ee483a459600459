#
# METADATA
# title: Attestation type
#
package attestation_type

# METADATA
# title: Known attestation type found
# description: The type of a statement is one that is known.
# custom:
#   short_name: known_attestation_type
#   failure_msg: Unknown attestation type '%s'
#   solution: Make the attestation with a tool that is known.
#   collections: [minimal, slsa3]
deny contains result if {
	some attestation in input.attestations
	kind := attestation.statement._type
	not kind in data.rule_data.known_attestation_types
	result := {
		"code": "attestation_type.known_attestation_type",
		"msg": sprintf("Unknown attestation type '%s'", [kind]),
	}
}

# METADATA
# title: Provenance is there
# custom:
#   short_name: provenance_found
deny contains result if {
	not provenance
	result := {
		"code": "attestation_type.provenance_found",
		"msg": sprintf("%s has no provenance", [input.image.ref]),
		"effective_on": "2030-01-01T00:00:00Z",
	}
}

provenance if {
	some attestation in input.attestations
	startswith(attestation.statement.predicateType, "https://slsa.dev/provenance/")
}

# METADATA
# title: Old forms go away
# custom:
#   short_name: deprecated_form
warn contains result if {
	some attestation in input.attestations
	attestation.statement._type == "old"
	result := {"code": "attestation_type.deprecated_form:old", "msg": "old", "severity": "warning"}
}
