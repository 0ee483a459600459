# refused
package hostile

«20000×import data.a
»
deny contains "x" if input.large == 1
