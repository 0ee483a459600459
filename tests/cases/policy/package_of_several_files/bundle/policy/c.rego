package main

deny[msg] {
	ports := [p | p := input.spec.ports[_].port; p > limit]
	count(ports) > 0
	msg := sprintf("c: %v", [ports])
}

deny[msg] {
	input.kind == "Service"
	not input.spec.selector
	msg := "c: no selector"
}
