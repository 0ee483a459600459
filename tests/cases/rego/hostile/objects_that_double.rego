# stopped: more values
package hostile

x0 := input.list

«40×x{n+1} := {"a": x{n}, "b": x{n}}
»
deny contains "x" if {
	some y
	walk(x40, [_, y])
	y == -1
}
