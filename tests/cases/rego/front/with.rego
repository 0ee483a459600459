package p

a if input.x with foo.bar as 1

b if input.x with input as {"x": true} with data.q as 1

f(x) := x

c if f(1) with f as 3 with count as f
