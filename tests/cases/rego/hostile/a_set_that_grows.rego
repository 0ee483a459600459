# stopped
package hostile

deny contains x if {
	some a in input.list
	some b in input.list
	some c in input.list
	x := sprintf("%d %d %d", [a, b, c])
}
