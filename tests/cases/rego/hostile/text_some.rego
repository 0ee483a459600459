# refused: declared above
package hostile

deny contains "x" if {
	some «5000×a, »b
	input.zz == b
}
