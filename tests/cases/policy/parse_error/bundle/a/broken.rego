package a

deny contains msg if {
	msg := [1, 2,, 3]
}
