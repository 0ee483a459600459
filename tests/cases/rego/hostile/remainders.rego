# stopped
package hostile

deny contains "x" if {
	some a in input.list
	to_number(input.digits) % (to_number(input.digits) - a) == -1
}
