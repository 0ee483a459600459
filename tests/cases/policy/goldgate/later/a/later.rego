# METADATA
# title: Title of B-LATER
# custom:
#   code: B-LATER
#   severity: high
#   scope: resource
#   remediation: Mend it.
package later.one

deny contains "never" if input.resource.never
