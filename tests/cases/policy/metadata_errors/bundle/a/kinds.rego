# METADATA
# title: Title of A-KINDS
# custom:
#   code: A-KINDS
#   severity: high
#   scope: release
#   remediation: Mend it.
#   kinds: [Ingress]
package acme.kinds

deny contains "a"
