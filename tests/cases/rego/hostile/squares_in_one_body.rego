# refused
package hostile

deny contains "x" if {
	x0 := input.large
«40×	x{n+1} := x{n} * x{n}
»	x40 == 1
}
