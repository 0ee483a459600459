# refused
package hostile

deny contains "x" if {
	x0 := input.list
«60×	x{n+1} := array.concat(x{n}, x{n})
»	count(x60) == 1
}
