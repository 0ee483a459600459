# refused
package hostile

x0 := input.format

«40×x{n+1} := concat("", [x{n}, x{n}])
»
deny contains x40
