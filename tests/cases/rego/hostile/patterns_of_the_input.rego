# stopped
package hostile

deny contains "x" if {
	some a in input.list
	some b in input.list
	regex.match(sprintf("(x+x+)+y{%d,%d}", [a, a + b]), input.long)
}
