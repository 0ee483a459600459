# METADATA
# title: Components are compared with advisories
# description: Without advisories nothing is known of what is in the release, and no finding would be no news.
# custom:
#   code: ADVISORIES-MISSING
#   severity: medium
#   scope: sbom
#   controls: [NIST-SSDF-RV.1]
#   remediation: Import what the databases publish with `goldgate advisories import FILE…`, and see what is in force with `goldgate advisories status`.
package goldgate.vulnerabilities.advisories_missing

deny contains finding if {
	not input.sbom.advisories.loaded
	finding := {"message": sprintf("the components of %s were compared with nothing: no advisories are loaded", [input.sbom.file])}
}

deny contains finding if {
	some family, counts in input.sbom.ecosystems
	input.sbom.advisories.loaded
	counts.n_advisories == 0
	finding := {
		"message": sprintf("%d components of %s were compared with nothing: no advisory about %s is loaded", [
			counts.n_components, input.sbom.file, family,
		]),
		"facts": {"ecosystem": family},
	}
}
