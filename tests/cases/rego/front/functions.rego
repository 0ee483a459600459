package p

a := lowr("A")

b := startswith("a")

c := f(1, 2)

f(x) := x

d := data.q.g(1)

e := any([true])

h if {
	count := 1
	count([1])
}

i := "x"

j := i()

k if data.p.i(1)

l contains 1

m if {
	some x in l()
	x == 1
}

n.o := 1

q := n.o()
