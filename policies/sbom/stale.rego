# METADATA
# title: A bill of materials is fresh
# description: A bill that was made long before the release lists what was in it then.
# custom:
#   code: SBOM-STALE
#   severity: low
#   scope: sbom
#   controls: [NTIA-SBOM]
#   remediation: Make the bill in the same run that builds the release; the limit is `data.sbom.max_age_days`.
package goldgate.sbom.stale

import data.goldgate.lib.sbom

deny contains finding if {
	input.sbom.age_days > sbom.setting("max_age_days")
	finding := {"message": sprintf("%s was made %d days ago, more than %d", [
		input.sbom.file, input.sbom.age_days, sbom.setting("max_age_days"),
	])}
}
