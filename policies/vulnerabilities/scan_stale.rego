# METADATA
# title: Reports of scanners are fresh
# description: A scan knows the vulnerabilities of its day only, and one with old data those of an earlier day.
# custom:
#   code: SCAN-STALE
#   severity: medium
#   scope: sbom
#   controls: [NIST-SSDF-RV.1]
#   remediation: Let the scanner fetch its data, scan again and hand in the new report; with `--sbom` for the bill itself no report is needed.
package goldgate.vulnerabilities.scan_stale

# Days after which a scan, or what it knew, says too little.
most_days := 7

deny contains finding if {
	input.sbom.scan
	input.sbom.age_days > most_days
	finding := {"message": sprintf("%s scanned %d days ago, more than %d (%s)", [
		input.sbom.scan.tool, input.sbom.age_days, most_days, input.sbom.file,
	])}
}

deny contains finding if {
	input.sbom.scan
	not input.sbom.created
	finding := {"message": sprintf("the report of %s does not say when it scanned (%s)", [input.sbom.scan.tool, input.sbom.file])}
}

deny contains finding if {
	input.sbom.scan.database_age_days > most_days
	finding := {"message": sprintf("%s looked with data that is %d days old, more than %d (%s)", [
		input.sbom.scan.tool, input.sbom.scan.database_age_days, most_days, input.sbom.file,
	])}
}
