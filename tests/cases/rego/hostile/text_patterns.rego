# answered
package hostile

deny contains "x" if {
	«60×[»a«60×]» = input.list
	a == 1
}
