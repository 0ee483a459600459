package acme.called

# OPA takes a call of a rule without arguments where the rule may be anything by its types.

number := 1

a := number()

word := "a" if input.a

b := word()

truth if input.a

c if not truth()

members contains input.a

d if {
	some one in members()
	one == 1
}

either := 1 if input.a

either := "s" if input.b

e := either()

below.here := 1

f := below.here()

g := data.acme.called.number() + 1

none() := 1

h := none()

anything := input.a

i := anything()

j if not anything()

default known := false

known := input.a if input.b

k := known()

inside := {"a": input.a}

l := m()

m := inside.a

n(_) := input.a

o := n(1)

q := o()

r() := input.a

s := r()

t := json.unmarshal(input.a)

u := t()
