# METADATA
# title: Title of A-PANIC
# custom:
#   code: A-PANIC
#   severity: high
#   scope: resource
#   remediation: Mend it.
package acme.panic

deny contains "found" if object.subset([input.resource.kind], [])
