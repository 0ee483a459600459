package a

x := 1

x contains 2

f(a) := a

f(a, b) := a + b

default y := 1

default y := 2
