# answered
package hostile

«100000×#
»
deny contains "x" if input.a == 7
