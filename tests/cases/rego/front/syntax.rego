package p

a if {
	x := +
	y = = 2
	z := "open
}

b { true }

c contains

d := [1, 2
