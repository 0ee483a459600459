# stopped
package hostile

deny contains "x" if {
	some a in [v | walk(input, [_, v])]
	some b in [v | walk(input, [_, v])]
	some c in [v | walk(input, [_, v])]
	count({a, b, c}) > 3
}
