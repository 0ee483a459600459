# METADATA
# title: What VEX clears is written down
# description: A supplier says that a vulnerability does not matter here. Who said so, and why, must be found again when it turns out to be wrong.
# custom:
#   code: VULN-CLEARED
#   severity: low
#   scope: sbom
#   controls: [NIST-SSDF-RV.2]
#   remediation: Nothing is to be done; upgrade all the same when you pass by, and take back the statement with `goldgate vex remove` when it is wrong.
package goldgate.vulnerabilities.cleared

import data.goldgate.lib.sbom
import data.goldgate.lib.vulnerability

warn contains finding if {
	some found in input.sbom.vulnerabilities
	found.kind == "vulnerability"
	vulnerability.cleared(found)
	finding := {
		"message": sprintf("%s has %s: %s; %s says %s%s", [
			sbom.component(found), found.id, found.title, found.vex.author, found.vex.status, reason(found.vex),
		]),
		"path": sbom.pointer(found),
		"facts": sbom.facts(found),
	}
}

reason(said) := sprintf(": %s", [said.justification])

reason(said) := sprintf(": %s", [said.note]) if not said.justification

reason(said) := "" if {
	not said.justification
	not said.note
}
