package p

a if not x == 1

b if {
	input.x > y
}

c := [x | y := 1]

d contains z if input.a

e if not input.xs[_] == 1

f(x) := y if x == 1

g if every k, v in input.m { k == w; v == 1 }
