# stopped: more values
package hostile

deny contains "x" if {
	x0 := input.list
«60×	x{n+1} := [x{n}, x{n}]
»	x60 == input.list
}
