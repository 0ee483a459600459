# METADATA
# title: No component has a known vulnerability
# description: What is published is tried by everyone who scans the network, usually within days.
# custom:
#   code: VULN-KNOWN
#   severity: high
#   scope: sbom
#   controls: [NIST-SSDF-RV.1, OWASP-A06-2021]
#   remediation: Upgrade to the version named in the message, or drop the dependency; `goldgate check` on the new lock file shows whether that was enough. Where it cannot be exploited, say so in a VEX document (docs/vulnerabilities.md).
package goldgate.vulnerabilities.known

import data.goldgate.lib.sbom
import data.goldgate.lib.vulnerability

deny contains finding if {
	some found in input.sbom.vulnerabilities
	is_open(found)
	vulnerability.weighs(found)
	finding := told(found)
}

# Time to act is left, it is below the threshold, or nobody has mended it yet.
warn contains finding if {
	some found in input.sbom.vulnerabilities
	is_open(found)
	not vulnerability.weighs(found)
	finding := told(found)
}

is_open(found) if {
	found.kind == "vulnerability"
	not vulnerability.cleared(found)
}

told(found) := object.union(said(found), sbom.remedy(found, elsewhere))

# Where a step is not wanted.
elsewhere := ". Where it cannot be exploited, say so in a VEX document (docs/vulnerabilities.md)."

said(found) := {
	"message": sprintf("%s has %s: %s (%s; %s%s%s%s%s)", [
		sbom.component(found), found.id, found.title, sbom.way_out(found), sbom.way_in(found),
		in_use(found), doubt(found), vulnerability.time_left(found), vulnerability.vex(found),
	]),
	"path": sbom.pointer(found),
	"severity": vulnerability.severity(found),
	"facts": object.union(sbom.facts(found), grace(found)),
}

grace(found) := {"grace_left_days": vulnerability.grace_left(found)}

grace(found) := {} if not vulnerability.grace_left(found)

in_use(found) := sprintf("; exploited since %s", [found.exploited_since])

in_use(found) := "" if not found.exploited_since

doubt(found) := "; the version cannot be compared, so it counts as affected" if not found.comparable

doubt(found) := "" if found.comparable
