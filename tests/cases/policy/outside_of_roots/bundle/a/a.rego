# METADATA
# title: Title of A-ONE
# custom:
#   code: A-ONE
#   severity: high
#   scope: resource
#   remediation: Mend it.
package acme.one

deny contains "one" if input.resource.kind == "Deployment"
