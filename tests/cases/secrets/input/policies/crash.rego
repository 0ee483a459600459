# METADATA
# title: Everything breaks
# description: A function that fails may repeat what it was given.
# custom:
#   code: APP-CRASH
#   severity: high
#   scope: release
#   controls: []
#   remediation: Do not.
package app.crash

deny contains finding if {
	some workload in input.workloads
	some container in workload.containers
	some variable in container.env
	finding := {"message": sprintf("%d", [to_number(variable.value) + json.unmarshal(variable.value)])}
}
