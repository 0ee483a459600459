package p

a := 1

a contains 2

b := 1

b.c := 2

f(x) := x

f(x, y) := x + y

default g := 1

default g := 2

h.i := 1

h[x] := 2 if x := "j"
