# METADATA
# title: Title of A-FLAG
# custom:
#   code: A-FLAG
#   severity: high
#   scope: resource
#   remediation: Mend it.
package acme.flag

deny := true
