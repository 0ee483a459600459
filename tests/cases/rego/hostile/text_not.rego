# refused
package hostile

deny contains "x" if {
	«100000×not »false
}
