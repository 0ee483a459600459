# METADATA
# titel: Keys
# severity: high
# custom:
#   code: A-KEYS
#   severity: high
#   scope: resource
#   owner: allowed
#   remediation: Mend it.
package acme.keys

deny contains "a"
