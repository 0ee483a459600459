# stopped
package hostile

deny contains "x" if {
	some a in input.list
	some b in input.list
	count(indexof_n(input.long, "a")) == a - b
}
