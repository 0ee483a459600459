# METADATA
# title: Title of A-TEXT
# custom:
#   code: A-TEXT
#   severity: high
#   scope: resource
#   remediation: Mend it.
package acme.text

deny := "no"
