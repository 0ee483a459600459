# METADATA
# title: Title of A-FALSEHOOD
# custom:
#   code: A-FALSEHOOD
#   severity: high
#   scope: resource
#   remediation: Mend it.
package acme.falsehood

default deny := false
