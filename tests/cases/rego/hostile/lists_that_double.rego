# refused
package hostile

x0 := input.list

«40×x{n+1} := array.concat(x{n}, x{n})
»
deny contains "x" if count(x40) == 1
