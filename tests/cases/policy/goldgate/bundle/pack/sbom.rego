# METADATA
# title: Title of A-SBOM
# custom:
#   code: A-SBOM
#   severity: low
#   scope: sbom
#   remediation: Mend it.
package acme.sbom

deny contains "never" if input.sbom
