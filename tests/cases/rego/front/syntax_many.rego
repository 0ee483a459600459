package p

import foo.bar

a if {
	x := +
	y = = 2
}

b { true }

d[x] := 1 else := 2

e["k"]

f(x) contains 1

hello

not := 3

g if {
	not some x in [1]
}
