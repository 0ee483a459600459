# METADATA
# title: Fails
# custom:
#   code: APP-FAILS
#   remediation: None.
#   severity: high
#   scope: workload
package app.fails

deny contains finding if {
	finding := {"message": sprintf("%d", [1 / count(input.workload.volumes)])}
}
