# METADATA
# title: No component is malicious
# description: A package that was made or taken over to do harm runs with everything the service may do.
# custom:
#   code: VULN-MALICIOUS
#   severity: critical
#   scope: sbom
#   controls: [NIST-SSDF-RV.1]
#   remediation: Remove the package, take every machine that installed it for broken into, and change the secrets that were there.
package goldgate.vulnerabilities.malicious

import data.goldgate.lib.sbom

deny contains finding if {
	some found in input.sbom.vulnerabilities
	found.kind == "malicious"
	finding := {
		"message": sprintf("%s is malicious: %s %s (%s)", [sbom.component(found), found.id, found.title, sbom.way_in(found)]),
		"path": sbom.pointer(found),
		"facts": sbom.facts(found),
	}
}
