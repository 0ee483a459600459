# METADATA
# title: Title of A-LOOP
# custom:
#   code: A-LOOP
#   severity: high
#   scope: resource
#   remediation: Mend it.
package acme.loop

deny contains "found" if {
	some a in numbers.range(1, 10000)
	some b in numbers.range(1, 10000)
	a * b == -1
}
