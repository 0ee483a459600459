# METADATA
# title: Images were scanned lately
# description: A scan knows the vulnerabilities of its day only.
# custom:
#   code: IMG-SCAN
#   severity: medium
#   scope: image
#   needs: facts
#   controls: []
#   remediation: Scan again and attest the result, e.g. `trivy image --format cosign-vuln IMAGE > scan.json` and `cosign attest --type vuln --predicate scan.json IMAGE`, and let a rule of `images.yaml` name who may attest it.
package goldgate.supply_chain.scan

import data.goldgate.lib.image

deny contains finding if {
	count(image.attested(input.image, "vulnerability_scan")) == 0
	finding := {
		"message": sprintf("%s has no vulnerability scan by a trusted signer", [input.image.reference]),
		"facts": {"image": image.shown(input.image)},
	}
}

deny contains finding if {
	count(image.attested(input.image, "vulnerability_scan")) > 0
	count(fresh) == 0
	finding := {
		"message": sprintf("%s was not scanned within the last %d days%s", [input.image.reference, most_days, last]),
		"facts": {"scanned": sort(times)},
	}
}

most_days := image.setting("max_scan_age_days")

times := {attestation.vulnerability_scan.finished_on |
	some attestation in image.attested(input.image, "vulnerability_scan")
}

# A scan of tomorrow is no scan.
fresh := {finished |
	some finished in times
	days := image.days_between(finished, input.now)
	days >= 0
	days <= most_days
}

default last := ", and its scan does not say when it was made"

last := sprintf(": the last scan is of %s", [max(times)]) if count(times) > 0
