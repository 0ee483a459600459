# METADATA
# title: Every component can be compared with advisories
# description: What has no package URL, or one of a type that no database knows, is compared with nothing, and no finding would be no news.
# custom:
#   code: SBOM-UNCOMPARED
#   severity: medium
#   scope: sbom
#   controls: [NTIA-SBOM, NIST-SSDF-RV.1]
#   remediation: Let the tool that makes the bill write package URLs (`pkg:npm/…`, `pkg:deb/debian/…`); what really has none can be counted as looked at with `data.sbom.most_uncompared`.
package goldgate.sbom.uncompared

import data.goldgate.lib.sbom

deny contains finding if {
	input.sbom.is_bill
	n := input.sbom.quality.n_uncompared
	n > sbom.setting("most_uncompared")
	finding := {
		"message": sprintf("%d of %d components of %s cannot be compared with any advisory: %s%s", [
			n, input.sbom.quality.n_components, input.sbom.file, concat(", ", input.sbom.quality.uncompared), rest(n),
		]),
		"path": "/quality/n_uncompared",
		"facts": {"uncompared": input.sbom.quality.uncompared, "n_uncompared": n},
	}
}

rest(n) := sprintf(" and %d more", [n - count(input.sbom.quality.uncompared)]) if {
	n > count(input.sbom.quality.uncompared)
} else := ""
