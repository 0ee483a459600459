# stopped
package hostile

f := count([1 | some x in input.list; x > 1])

deny contains "x" if {
	some a in input.list
	some b in input.list
	some c in input.list
	f == -1 with input.list as [a, b, c]
}
