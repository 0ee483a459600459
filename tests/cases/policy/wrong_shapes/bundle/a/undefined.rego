# METADATA
# title: Title of A-UNDEFINED
# custom:
#   code: A-UNDEFINED
#   severity: high
#   scope: resource
#   remediation: Mend it.
package acme.undefined

deny := ["x"] if input.resource.nope
