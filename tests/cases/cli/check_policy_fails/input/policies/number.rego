# METADATA
# title: A number is no finding
# description: A policy of this test.
# custom:
#   code: T-NUMBER
#   severity: high
#   scope: resource
#   remediation: Mend it.
package acme.number

deny contains 7
