# METADATA
# title: Title of A-LIST
# custom:
#   code: A-LIST
#   severity: high
#   scope: resource
#   remediation: Mend it.
package acme.list

deny := ["fine"]
