# stopped: used up
package hostile

deny contains "x" if {
	some a in input.list
	some b in input.list
	some c in input.list
	some d in input.list
	a + b + c + d == -1
}
