# stopped
package hostile

deny contains "x" if {
	some a in input.list
	some b in input.list
	x := replace(input.long, "a", input.long)
	count(x) == a + b
}
