package object_form

deny[msg] if {
	input.kind == "Service"
	msg := "object form"
}
