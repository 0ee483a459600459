package p

a { true }

b[x] { x := input.xs[_] }

c[1]

d = 1 { input.x } else = 2 { input.y }

f(x) = x { x > 1 } { x < 0 }

g.h[i] = 1 { i := input.x }
