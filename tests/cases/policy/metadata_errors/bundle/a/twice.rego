# METADATA
# title: Title of A-TWICE
# custom:
#   code: A-TWICE
#   severity: high
#   scope: resource
#   remediation: Mend it.
package acme.twice

# METADATA
# title: Title of A-TWICE-AGAIN
# custom:
#   code: A-TWICE-AGAIN
#   severity: high
#   scope: resource
#   remediation: Mend it.
deny contains "a"
