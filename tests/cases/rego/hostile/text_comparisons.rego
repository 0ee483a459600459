# answered
package hostile

deny contains "x" if {
«1500×	input.a == 7
»}
