# METADATA
# title: A built-in function fails
# description: A policy of this test.
# custom:
#   code: T-PANIC
#   severity: high
#   scope: resource
#   remediation: Mend it.
package acme.panic

deny contains "found" if object.subset([input.resource.kind], [])
