# stopped: more values
package hostile

x0 := input.list

«6×x{n+1} := [x{n} | some _ in input.list]
»
deny contains json.marshal(x6)
