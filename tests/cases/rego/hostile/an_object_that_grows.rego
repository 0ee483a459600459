# stopped
package hostile

o[[a, b, c]] := [a, b, c] if {
	some a in input.list
	some b in input.list
	some c in input.list
}

deny contains "x" if count(o) == 1
