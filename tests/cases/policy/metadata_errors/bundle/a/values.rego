# METADATA
# title: Values
# custom:
#   code: a_values
#   severity: hihg
#   scope: workloads
#   kinds: Ingress
#   remediation: ""
package acme.values

deny contains "a"
