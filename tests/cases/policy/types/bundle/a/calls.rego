# METADATA
# title: Title of A-CALLS
# custom:
#   code: A-CALLS
#   severity: high
#   scope: workload
#   remediation: Mend it.
package acme.calls

deny contains "a number" if lower(5) == "a"

deny contains "a rule" if startswith(limit, "a")

limit := 5

deny contains "a function" if twice("a") == 2

twice(n) := n * 2

deny contains "a local" if {
	n := count(input.workload.containers)
	n == "none"
}

deny contains "an element" if {
	some name in names
	name + 1 > 2
}

names contains "a"

deny contains "a field" if settings.colour == "red"

settings := {"color": "red", "size": 2}
