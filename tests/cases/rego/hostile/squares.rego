# refused
package hostile

x0 := input.large

«40×x{n+1} := x{n} * x{n}
»
deny contains "x" if x40 == 1
