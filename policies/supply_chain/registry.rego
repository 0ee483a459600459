# METADATA
# title: Images come from registries that are allowed
# description: A reference decides whom the cluster talks to. What comes from elsewhere was never looked at by anybody here.
# custom:
#   code: IMG-REGISTRY
#   severity: high
#   scope: image
#   controls: [CIS-K8S-5.5.1]
#   remediation: Copy the image to a registry that is allowed, e.g. with `skopeo copy docker://SOURCE docker://registry.example/…`, or add the registry to `registries.allow` in `images.yaml`.
package goldgate.supply_chain.registry

import data.goldgate.lib.image

deny contains finding if {
	"REGISTRY_NOT_ALLOWED" in image.faults(input.image)
	finding := refusal("it is not on the list in images.yaml")
}

deny contains finding if {
	"DENIED_BY_RULE" in image.shortfalls(input.image)
	finding := refusal(sprintf("the rule %v denies its images", [object.get(input.image.verification, "rule", "in force")]))
}

deny contains finding if {
	allowed := image.setting("registries")
	count(allowed) > 0
	is_string(input.image.registry)
	not image.matches_any(allowed, input.image.registry)
	finding := refusal("it is not among data.supply_chain.registries")
}

refusal(reason) := {
	"message": sprintf("%s comes from %s, which is not allowed: %s", [input.image.reference, input.image.registry, reason]),
	"facts": {"registry": input.image.registry},
}
