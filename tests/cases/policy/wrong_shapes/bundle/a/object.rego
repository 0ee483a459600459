# METADATA
# title: Title of A-OBJECT
# custom:
#   code: A-OBJECT
#   severity: high
#   scope: resource
#   remediation: Mend it.
package acme.object

deny := {"message": "a"}
