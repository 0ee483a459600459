# METADATA
# title: Images are signed by those who may release them
# description: A signature by somebody else proves only that somebody else pushed it; the signature that counts is that of the release.
# custom:
#   code: IMG-SIGNER
#   severity: high
#   scope: image
#   needs: facts
#   controls: [SLSA-BUILD-L2]
#   remediation: Let the release job sign the image. See who signed it with `goldgate image verify IMAGE`; when that signer may release it, add it to `authorities` in `images.yaml`.
package goldgate.supply_chain.signer

import data.goldgate.lib.image

deny contains finding if {
	"SIGNED_BY_OTHERS" in image.shortfalls(input.image)
	finding := {
		"message": sprintf("%s is signed, but by nobody who may release it%s", [input.image.reference, because]),
		"facts": facts,
	}
}

deny contains finding if {
	"THRESHOLD_NOT_MET" in image.shortfalls(input.image)
	finding := {
		"message": sprintf("%s is signed by too few of those who must sign it", [input.image.reference]),
		"facts": facts,
	}
}

facts := {
	"image": image.shown(input.image),
	"rule": object.get(input.image.verification, "rule", ""),
	"signed_by": [signature.authority | some signature in input.image.signatures],
}

default because := ""

because := sprintf(" (%s)", [reasons]) if {
	reasons := image.reasons(input.image, "signature")
	reasons != ""
}
