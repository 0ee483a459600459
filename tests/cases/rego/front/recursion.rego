package p

a if b

b if not c

c if data.p[input.x]

f(x) := f(x - 1)

d := 1
