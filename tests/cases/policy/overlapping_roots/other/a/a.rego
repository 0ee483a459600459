# METADATA
# title: Title of B-ONE
# custom:
#   code: B-ONE
#   severity: high
#   scope: resource
#   remediation: Mend it.
package acme.other

deny contains "x"
