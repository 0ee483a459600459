package acme.rule_metadata

# METADATA
# title: Title of A-RULE
# custom:
#   code: A-RULE
#   severity: medium
#   scope: resource
#   remediation: Mend it.
deny contains "never" if data.settings.never
