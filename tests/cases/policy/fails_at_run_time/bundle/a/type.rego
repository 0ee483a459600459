# METADATA
# title: Title of A-TYPE
# custom:
#   code: A-TYPE
#   severity: high
#   scope: resource
#   remediation: Mend it.
package acme.type

deny contains "found" if count(input.resource.spec.replicas) > 1
