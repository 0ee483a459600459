# stopped
package hostile

f(x) := [y | some y in input.list; y > x]

deny contains "x" if {
	some a in input.list
	some b in f(a)
	some c in f(b)
	some d in f(c)
	some e in f(d)
	e == -1
}
