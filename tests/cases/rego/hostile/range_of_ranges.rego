# stopped
package hostile

deny contains "x" if {
	count([r |
		some a in numbers.range(1, 100000)
		r := numbers.range(a, 100000)
	]) == 1
}
