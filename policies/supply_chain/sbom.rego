# METADATA
# title: Images have an SBOM
# description: When the next vulnerability is known, the SBOM says within seconds which services have the component.
# custom:
#   code: IMG-SBOM
#   severity: medium
#   scope: image
#   needs: facts
#   controls: []
#   remediation: Attest an SBOM in the release job, e.g. `syft -o cyclonedx-json IMAGE > sbom.json` and `cosign attest --type cyclonedx --predicate sbom.json IMAGE`, and let a rule of `images.yaml` name who may attest it.
package goldgate.supply_chain.sbom

import data.goldgate.lib.image

deny contains finding if {
	count(image.attested(input.image, "sbom")) == 0
	finding := {
		"message": sprintf("%s has no SBOM by a trusted signer", [input.image.reference]),
		"facts": {"image": image.shown(input.image)},
	}
}
