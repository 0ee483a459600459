# METADATA
# title: A number is divided by zero
# description: A policy of this test.
# custom:
#   code: T-DIVIDE
#   severity: high
#   scope: resource
#   remediation: Mend it.
package acme.divide

deny contains "found" if 1 / (count(input.resource) - count(input.resource)) > 0
