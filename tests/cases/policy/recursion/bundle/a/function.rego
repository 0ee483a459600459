package a

f(n) := f(n + 1)
