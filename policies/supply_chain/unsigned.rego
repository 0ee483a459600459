# METADATA
# title: Images are signed
# description: Whoever can push to the registry, or stand between it and the cluster, decides what runs when nothing is signed.
# custom:
#   code: IMG-UNSIGNED
#   severity: high
#   scope: image
#   needs: facts
#   controls: [SLSA-BUILD-L2, CIS-K8S-5.5.1]
#   remediation: Sign the image in the job that builds it with `cosign sign registry/repository@sha256:…`, and see what hangs on it with `goldgate image verify IMAGE`.
package goldgate.supply_chain.unsigned

import data.goldgate.lib.image

deny contains finding if {
	"UNSIGNED" in image.shortfalls(input.image)
	finding := {
		"message": sprintf("%s is not signed: nothing that hangs on it is a signature", [input.image.reference]),
		"facts": {"image": image.shown(input.image), "rule": object.get(input.image.verification, "rule", "")},
	}
}
