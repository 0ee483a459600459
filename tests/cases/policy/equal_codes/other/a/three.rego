# METADATA
# title: Title of A-ONE
# custom:
#   code: A-ONE
#   severity: high
#   scope: resource
#   remediation: Mend it.
package other.three

deny contains "three"
