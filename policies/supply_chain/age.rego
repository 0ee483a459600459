# METADATA
# title: Images are not too old
# description: An image that nobody has rebuilt for months has months of fixes missing.
# custom:
#   code: IMG-AGE
#   severity: medium
#   scope: image
#   needs: facts
#   controls: []
#   remediation: Rebuild the image on a current base and deploy the new digest; the limit is `data.supply_chain.max_image_age_days`.
package goldgate.supply_chain.age

import data.goldgate.lib.image

deny contains finding if {
	count(times) > 0
	built := max(times)
	days := image.days_between(built, input.now)
	days > most_days
	finding := {
		"message": sprintf("%s is %d days old, more than %d", [input.image.reference, floor(days), most_days]),
		"facts": {"built": built},
	}
}

most_days := image.setting("max_image_age_days")

# What provenance says is vouched for; what the image says of itself counts only without it.
times := attested if count(attested) > 0

times := own if count(attested) == 0

attested := {attestation.provenance.invocation.finished_on |
	some attestation in image.attested(input.image, "provenance")
}

own := {created |
	some created in array.concat(
		[time | time := input.image.configuration.created],
		[platform.configuration.created | some platform in input.image.platforms],
	)

	# Builds that are reproducible set a time long ago, which says nothing.
	created > "2000"
}
