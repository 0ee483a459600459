# METADATA
# title: Title of C-ONE
# custom:
#   code: C-ONE
#   severity: high
#   scope: resource
#   remediation: Mend it.
package acme.one

deny contains "x"
