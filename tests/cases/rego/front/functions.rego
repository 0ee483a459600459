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
