# METADATA
# title: No component has a known vulnerability
# description: What is published is tried by everyone who scans the network, usually within days.
# custom:
#   code: VULN-KNOWN
#   severity: high
#   scope: sbom
#   controls: [NIST-SSDF-RV.1, OWASP-A06-2021]
#   remediation: Upgrade to the version named in the message, or drop the dependency; `goldgate check` on the new lock file shows whether that was enough.
package goldgate.vulnerabilities.known

import data.goldgate.lib.sbom

deny contains finding if {
	some found in input.sbom.vulnerabilities
	found.kind == "vulnerability"
	finding := {
		"message": sprintf("%s has %s: %s (%s; %s%s%s)", [
			sbom.component(found), found.id, found.title, sbom.way_out(found), sbom.way_in(found),
			in_use(found), doubt(found),
		]),
		"path": sbom.pointer(found),
		"severity": severity(found),
		"facts": sbom.facts(found),
	}
}

# What attackers use is worse than its score says; what nobody has rated may be anything.
severity(found) := "critical" if found.exploited_since

severity(found) := object.get(found, "severity", "high") if not found.exploited_since

in_use(found) := sprintf("; exploited since %s", [found.exploited_since])

in_use(found) := "" if not found.exploited_since

doubt(found) := "; the version cannot be compared, so it counts as affected" if not found.comparable

doubt(found) := "" if found.comparable
