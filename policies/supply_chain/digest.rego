# METADATA
# title: Images are named by their digest
# description: A tag can be moved after the check; a digest names the very bytes that were judged.
# custom:
#   code: IMG-DIGEST
#   severity: low
#   scope: image
#   needs: verification
#   controls: [CIS-K8S-5.5.1]
#   remediation: Deploy the reference that `goldgate image verify IMAGE` prints as resolved, `registry/repository@sha256:…`.
package goldgate.supply_chain.digest

import data.goldgate.lib.image

deny contains finding if {
	not input.image.pinned_by_caller
	not demanded
	finding := {
		"message": sprintf("%s is named by a tag, which can be moved after this check", [input.image.reference]),
		"facts": {"resolved": image.shown(input.image)},
	}
}

deny contains finding if {
	demanded
	finding := {
		"message": sprintf("%s is named by a tag, and its rule asks for a digest", [input.image.reference]),
		"severity": "high",
		"facts": {"resolved": image.shown(input.image)},
	}
}

demanded if "NOT_PINNED" in image.faults(input.image)
