# METADATA
# title: Title of A-DIVIDE
# custom:
#   code: A-DIVIDE
#   severity: high
#   scope: resource
#   remediation: Mend it.
package acme.divide

deny contains "found" if 1 / (input.resource.spec.replicas - 1) > 0
