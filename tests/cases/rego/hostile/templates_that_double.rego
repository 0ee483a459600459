# stopped: too large
package hostile

x0 := input.format

«40×x{n+1} := $"{x{n}}{x{n}}"
»
deny contains x40
