# stopped: more values
package hostile

x0 := input.list

y0 := [z | some z in input.list]

«40×x{n+1} := [x{n}, x{n}]

y{n+1} := [y{n}, y{n}]
»
deny contains "x" if x40 == y40
