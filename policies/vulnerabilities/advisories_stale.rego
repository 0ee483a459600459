# METADATA
# title: Advisories are fresh
# description: What was published since the last import is not looked for.
# custom:
#   code: ADVISORIES-STALE
#   severity: medium
#   scope: sbom
#   controls: [NIST-SSDF-RV.1]
#   remediation: Import what the databases publish today with `goldgate advisories import FILE…`; a job that does it every night keeps this quiet.
package goldgate.vulnerabilities.advisories_stale

# Days after which an import says too little.
most_days := 7

deny contains finding if {
	input.sbom.advisories.loaded
	input.sbom.advisories.age_days > most_days
	finding := {"message": sprintf("the advisories were imported %d days ago, more than %d", [input.sbom.advisories.age_days, most_days])}
}

deny contains finding if {
	fault := input.sbom.advisories.fault
	finding := {"message": sprintf("newer advisories could not be read: %s", [fault])}
}
