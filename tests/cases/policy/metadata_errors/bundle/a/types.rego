# METADATA
# title: 7
# custom:
#   code: A-TYPES
#   severity: [high]
#   scope: resource
#   remediation: {a: 1}
package acme.types

deny contains "a"
