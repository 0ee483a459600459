# refused: else
package hostile

x := 1 if {
	false
} «50000× else := 2 if {
	false
}»
