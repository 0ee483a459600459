package k8s.old_style

deny[msg] {
	input.kind == "Service"
	msg = "old style"
}

deny_named[{"msg": msg}] {
	input.kind == "Service"
	msg := "named"
}

deny_silent[msg] {
	msg := "excepted"
}

exception[rules] {
	input.kind == "Service"
	rules := ["silent"]
}
