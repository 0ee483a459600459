# METADATA
# title: Images are built by builders that are accepted
# description: A trusted signer may vouch for a build on any machine; the builder says whose machine it was.
# custom:
#   code: IMG-BUILDER
#   severity: medium
#   scope: image
#   needs: facts
#   controls: [SLSA-BUILD-L2]
#   remediation: Build with one of the builders of `data.supply_chain.builders`, or add the builder there; `goldgate image verify IMAGE` shows which one it was.
package goldgate.supply_chain.builder

import data.goldgate.lib.image

deny contains finding if {
	built := image.attested(input.image, "provenance")
	count(built) > 0
	builders := {attestation.provenance.builder_id | some attestation in built}
	accepted := {builder | some builder in builders; image.matches_any(image.setting("builders"), builder)}
	count(accepted) == 0
	finding := {
		"message": sprintf("%s was built by %s, which is not an accepted builder", [input.image.reference, concat(", ", sort(builders))]),
		"facts": {"builders": sort(builders)},
	}
}
