# METADATA
# title: Title of A-WORKLOAD
# custom:
#   code: A-WORKLOAD
#   severity: high
#   scope: workload
#   remediation: Mend it.
package acme.workload

deny contains "never, there is none" if input.workload
