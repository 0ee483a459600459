package p

default a := b

b := 1

default c := [b]

default d := {"k": b}

default f(x) := x

default g := {b}

# What stands in a comprehension may be looked up.
default h := [x | x := b]

default i := {"k": [1, null, "v"]}
