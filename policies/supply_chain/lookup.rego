# METADATA
# title: Images can be looked at
# description: What could not be looked at is not known to be signed. It denies, so that a registry that is down or in the wrong hands does not open the gate.
# custom:
#   code: IMG-LOOKUP
#   severity: high
#   scope: image
#   needs: verification
#   controls: []
#   remediation: Run `goldgate image verify IMAGE`, which names what could not be looked at. Mend the reference, the credentials or the network, and check again.
package goldgate.supply_chain.lookup

import data.goldgate.lib.image

deny contains finding if {
	not_looked_at
	not elsewhere
	finding := {
		"message": sprintf("%s could not be looked at%s", [input.image.reference, because]),
		"facts": {"errors": errors},
	}
}

# Nothing is verified that no other rule explains.
deny contains finding if {
	input.image.verification.status == "unverified"
	count(explained & image.shortfalls(input.image)) == 0
	finding := {
		"message": sprintf("%s is not verified, and it is not known why", [input.image.reference]),
		"facts": {"shortfalls": sort(image.shortfalls(input.image))},
	}
}

not_looked_at if input.image.verification.status == "error"

not_looked_at if "COULD_NOT_LOOK" in image.shortfalls(input.image)

explained := {
	"UNSIGNED",
	"SIGNED_BY_OTHERS",
	"THRESHOLD_NOT_MET",
	"ATTESTATION_MISSING",
	"ATTESTED_BY_OTHERS",
	"DENIED_BY_RULE",
	"COULD_NOT_LOOK",
}

errors := object.get(input.image.verification, "errors", [])

# A registry that is not allowed has its own code, and so has a missing digest.
elsewhere if {
	codes := image.faults(input.image)
	count(codes) > 0
	count(codes - {"REGISTRY_NOT_ALLOWED", "NOT_PINNED"}) == 0
}

default because := ""

because := sprintf(": %s", [concat("; ", messages)]) if {
	messages := [sprintf("%s (%s)", [fault.message, fault.code]) | some fault in errors]
	count(messages) > 0
}
