# METADATA
# title: Components are sound and looked after
# description: Where nobody looks after a package, the next vulnerability in it will not be mended.
# custom:
#   code: VULN-UNMAINTAINED
#   severity: low
#   scope: sbom
#   controls: [NIST-SSDF-PW.4]
#   remediation: Replace the package by the one that its advisory names, or by one that is looked after.
package goldgate.vulnerabilities.unmaintained

import data.goldgate.lib.sbom
import data.goldgate.lib.vulnerability

words := {"unmaintained": "is unmaintained", "unsound": "is unsound", "notice": "has a notice"}

deny contains finding if {
	some found in input.sbom.vulnerabilities
	word := words[found.kind]
	not vulnerability.cleared(found)
	said := {
		"message": sprintf("%s %s: %s %s (%s; %s)", [
			sbom.component(found), word, found.id, found.title, sbom.way_out(found), sbom.way_in(found),
		]),
		"path": sbom.pointer(found),
		"facts": sbom.facts(found),
	}
	finding := object.union(said, sbom.remedy(found, ", or replace it by one that is looked after."))
}
