# METADATA
# title: Title of A-MEMBERS
# custom:
#   code: A-MEMBERS
#   severity: high
#   scope: resource
#   remediation: Mend it.
package acme.members

deny contains 7
