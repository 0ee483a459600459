# stopped: more values
package hostile

x0 := input.list

«60×x{n+1} := [x{n}, x{n}]
»
deny contains json.marshal(x60)
