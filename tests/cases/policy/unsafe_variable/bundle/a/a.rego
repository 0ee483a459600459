# METADATA
# title: Title of A-ONE
# custom:
#   code: A-ONE
#   severity: high
#   scope: resource
#   remediation: Mend it.
package acme.one

kinds := {"Deployment"}

deny contains msg if msg != "x"

deny contains "b" if not input.resource.spec.containers[i].name

deny contains "c" if input.resource.kind == kidns

deny contains x if {
	every x in [1] {
		x > 0
	}
}

f(a) := [b | c := a; d]

fine := [name |
	some i
	name := input.xs[i].name
	walk(input, [path, value])
	[p, _] = value
	count(path) > p
]

indexed[input.xs[k]] := k
