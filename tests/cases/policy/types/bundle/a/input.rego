# METADATA
# title: Title of A-INPUT
# custom:
#   code: A-INPUT
#   severity: high
#   scope: workload
#   remediation: Mend it.
package acme.input

deny contains "misspelt" if input.workload.contaners[0].name == "a"

deny contains "a step too far" if input.environment.name == "production"

deny contains "never equal" if input.workload.name == 5

deny contains msg if {
	some container in input.workload.containers
	msg := container.imag
}
