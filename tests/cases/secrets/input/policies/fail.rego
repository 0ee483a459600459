# METADATA
# title: Everything fails
# description: A policy that cannot be evaluated where there is something to tell.
# custom:
#   code: APP-FAIL
#   severity: high
#   scope: workload
#   controls: []
#   remediation: Do not.
package app.fail

deny contains finding if {
	some container in input.workload.containers
	some variable in container.env
	print("it prints", variable.value)
	finding := {"message": variable.name, "severity": variable.value}
}
