# METADATA
# title: No component is too old or too new
# description: Nobody mends what was released years ago, and nobody has looked yet at what was released today.
# custom:
#   code: SBOM-COMPONENT-AGE
#   severity: low
#   scope: sbom
#   controls: [NIST-SSDF-PW.4]
#   remediation: Take a release that is looked after, or wait until others have tried the new one; the limits are `data.sbom.most_component_age_days` and `data.sbom.least_component_age_days`.
package goldgate.sbom.component_age

import data.goldgate.lib.sbom

deny contains finding if {
	some purl, component in input.sbom.released
	component.age_days > sbom.setting("most_component_age_days")
	finding := told(purl, component, sprintf("more than %d", [sbom.setting("most_component_age_days")]))
}

deny contains finding if {
	some purl, component in input.sbom.released
	component.age_days < sbom.setting("least_component_age_days")
	finding := told(purl, component, sprintf("less than %d", [sbom.setting("least_component_age_days")]))
}

told(purl, component, limit) := {
	"message": sprintf("%s was released %d days ago, %s", [component.component, component.age_days, limit]),
	"path": sprintf("/by_purl/%s", [sbom.escaped(purl)]),
	"facts": {"purl": purl, "released": component.time, "age_days": component.age_days},
}
