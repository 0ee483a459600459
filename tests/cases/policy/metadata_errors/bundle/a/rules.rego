# METADATA
# title: Title of A-RULES
# custom:
#   code: A-RULES
#   severity: high
#   scope: resource
#   remediation: Mend it.
package acme.rules

allow if true
