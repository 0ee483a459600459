# stopped
package hostile

deny contains "x" if {
	count([a |
		some a in input.list
		some b in input.list
		some c in input.list
		some d in input.list
	]) == 1
}
