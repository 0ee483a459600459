package p

a if {
	x := 1
	x := 2
}

b(x) if {
	x := 1
}

c if {
	y == 1
	some y
	y == 2
}

d if {
	some q
	input.x
}

e if {
	[1, r] := input.x
}
