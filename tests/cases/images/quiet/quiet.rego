# METADATA
# title: Nothing is ever wrong
# description: A set of policies that does not speak of images.
# custom:
#   code: QUIET
#   severity: low
#   scope: release
#   remediation: Nothing is to be done.
package quiet.quiet

deny contains "never" if input.environment == "nowhere"
