# METADATA
# title: Title of A-NUMBER
# custom:
#   code: A-NUMBER
#   severity: high
#   scope: resource
#   remediation: Mend it.
package acme.number

deny := 7
