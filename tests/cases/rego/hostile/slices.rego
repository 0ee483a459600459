# stopped
package hostile

deny contains "x" if {
	some a in numbers.range(1, 100000)
	count(array.slice(numbers.range(1, 100000), 0, a)) == -1
}
