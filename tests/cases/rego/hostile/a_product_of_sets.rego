# stopped
package hostile

deny contains "x" if {
	x := {[a, b] | some a in input.list; some b in input.list}
	y := {[a, b, c] | some a in x; some b in input.list; some c in input.list}
	count(x | y) == 1
}
