# METADATA
# title: Images reach the SLSA level of their environment
# description: The level says how hard it is to smuggle something into the build. It is worked out from who signed the provenance, never from what provenance says of itself.
# custom:
#   code: IMG-SLSA-LEVEL
#   severity: medium
#   scope: image
#   needs: facts
#   controls: [SLSA-BUILD-L1, SLSA-BUILD-L2, SLSA-BUILD-L3]
#   remediation: Build on a hosted platform and let it sign the provenance (level 2), or attest with a reusable workflow such as `slsa-github-generator` (level 3); `goldgate image verify IMAGE` shows the level and why it is no higher.
package goldgate.supply_chain.slsa_level

import data.goldgate.lib.image

deny contains finding if {
	shown := input.image.slsa
	shown.level < needed
	finding := {
		"message": sprintf("%s is shown to have SLSA build level %d, and %s asks for %d: %s", [
			input.image.reference,
			shown.level,
			input.environment,
			needed,
			shown.reason,
		]),
		"facts": {"level": shown.level, "needed": needed, "reason": shown.reason},
	}
}

# What the environment asks for, or the tier where it asks for more.
needed := max([
	object.get(levels, ["environments", input.environment], 0),
	object.get(levels, ["tiers", object.get(input, ["service", "tier"], ""), input.environment], 0),
])

levels := image.setting("slsa_levels")
