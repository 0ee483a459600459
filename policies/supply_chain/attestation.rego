# METADATA
# title: Images have the attestations that are asked for
# description: The rule for this image asks for attestations by trusted signers, such as provenance; without them nobody can say where the image comes from.
# custom:
#   code: IMG-ATTESTATION
#   severity: high
#   scope: image
#   needs: facts
#   controls: [SLSA-BUILD-L1]
#   remediation: Attest in the release job, e.g. with `cosign attest --type slsaprovenance1 --predicate provenance.json registry/repository@sha256:…`, and look at the result with `goldgate image verify IMAGE`.
package goldgate.supply_chain.attestation

import data.goldgate.lib.image

deny contains finding if {
	"ATTESTATION_MISSING" in image.shortfalls(input.image)
	finding := {
		"message": sprintf("%s lacks an attestation that its rule asks for", [input.image.reference]),
		"facts": facts,
	}
}

deny contains finding if {
	"ATTESTED_BY_OTHERS" in image.shortfalls(input.image)
	finding := {
		"message": sprintf("%s has an attestation that its rule asks for, but by nobody who may give it%s", [input.image.reference, because]),
		"facts": facts,
	}
}

facts := {
	"image": image.shown(input.image),
	"rule": object.get(input.image.verification, "rule", ""),
	"attested": [attestation.kind | some attestation in input.image.attestations],
}

default because := ""

because := sprintf(" (%s)", [reasons]) if {
	reasons := image.reasons(input.image, "attestation")
	reasons != ""
}
