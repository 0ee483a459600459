# stopped
package hostile

deny contains "x" if {
	some a in input.list
	count(format_int(to_number(input.digits), 2)) == a
}
