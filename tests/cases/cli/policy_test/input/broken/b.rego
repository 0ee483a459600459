package b

deny contains message if {
	message := sprintf("%s", [missing])
}

allow if {
