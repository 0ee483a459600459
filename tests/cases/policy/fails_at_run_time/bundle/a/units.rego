# METADATA
# title: Title of A-UNITS
# custom:
#   code: A-UNITS
#   severity: high
#   scope: resource
#   remediation: Mend it.
package acme.units

deny contains "found" if units.parse_bytes(input.resource.metadata.annotations.size) > 1
