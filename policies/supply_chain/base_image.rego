# METADATA
# title: Base images are known
# description: Most of what is in an image comes from its base. Whether a fix of the base reached the image can be told only when the base is named.
# custom:
#   code: IMG-BASE
#   severity: low
#   scope: image
#   needs: facts
#   controls: []
#   remediation: Build with `docker buildx build --provenance=true` or set the annotation `org.opencontainers.image.base.name` (and `.digest`); build upon an image of `data.supply_chain.base_images`.
package goldgate.supply_chain.base_image

import data.goldgate.lib.image

deny contains finding if {
	count(bases) == 0
	finding := {
		"message": sprintf("%s does not say which image it is built on", [input.image.reference]),
		"facts": {"image": image.shown(input.image)},
	}
}

deny contains finding if {
	allowed := image.setting("base_images")
	count(allowed) > 0
	some base in bases
	not image.matches_any(allowed, without_version(base))
	finding := {
		"message": sprintf("%s is built on %s, which is not among the base images that are allowed", [input.image.reference, base]),
		"severity": "medium",
		"facts": {"base_image": base},
	}
}

# Of the image, or of each platform of an index.
bases := {input.image.configuration.base_image.name} | of_platforms if input.image.configuration.base_image.name

bases := of_platforms if not input.image.configuration.base_image.name

of_platforms := {platform.configuration.base_image.name | some platform in input.image.platforms}

# The reference without tag and digest.
without_version(reference) := regex.replace(split(reference, "@")[0], ":[^/:]*$", "")
