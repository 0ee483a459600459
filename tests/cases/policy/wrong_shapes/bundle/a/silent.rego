# METADATA
# title: Title of A-SILENT
# custom:
#   code: A-SILENT
#   severity: high
#   scope: resource
#   remediation: Mend it.
package acme.silent

deny contains {"msg": ""}
