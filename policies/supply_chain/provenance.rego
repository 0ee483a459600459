# METADATA
# title: Images have provenance
# description: Provenance says which builder made the image from which source; without it an incident begins with guessing.
# custom:
#   code: IMG-PROVENANCE
#   severity: medium
#   scope: image
#   needs: facts
#   controls: [SLSA-BUILD-L1]
#   remediation: Attest provenance in the release job, e.g. with `actions/attest-build-provenance` or `cosign attest --type slsaprovenance1 …`, and let a rule of `images.yaml` name who may attest it.
package goldgate.supply_chain.provenance

import data.goldgate.lib.image

deny contains finding if {
	count(image.attested(input.image, "provenance")) == 0
	count({"ATTESTATION_MISSING", "ATTESTED_BY_OTHERS"} & image.shortfalls(input.image)) == 0
	finding := {
		"message": sprintf("%s has no provenance by a trusted signer", [input.image.reference]),
		"facts": {"image": image.shown(input.image)},
	}
}
