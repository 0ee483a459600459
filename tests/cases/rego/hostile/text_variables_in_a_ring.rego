# refused
package hostile

deny contains "x" if {
	a = b
	b = a
	a + b == 3
}
