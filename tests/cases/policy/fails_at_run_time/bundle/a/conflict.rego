# METADATA
# title: Title of A-CONFLICT
# custom:
#   code: A-CONFLICT
#   severity: high
#   scope: resource
#   remediation: Mend it.
package acme.conflict

kind := "a" if input.resource.kind
kind := "b" if input.resource.kind

deny contains kind
