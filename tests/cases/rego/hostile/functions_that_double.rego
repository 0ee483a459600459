# stopped: more values
package hostile

f(x) := [x, x]

deny contains "x" if {
	x0 := input.list
«60×	x{n+1} := f(x{n})
»	x60 == input.list
}
