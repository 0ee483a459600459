package acme.fine

deny contains "any resource" if input.spec.replicas == 1

deny contains "replaced rules" if limit == "a" with limit as "a"

limit := 5

deny contains "replaced functions" if size("a") == "b" with size as "b"

size(x) := count(x)

deny contains "either" if {
	x := either[_]
	is_number(x)
	x + 1 > 1
}

either := [1, "a"]

deny contains "open" if object.get({"a": 1}, "b", "none") == "none"
