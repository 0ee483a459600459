# refused: statements
package hostile

deny contains "x" if {
«50000×	input.a
»}
