package a_test

test_it_fails if {
	print("seen", 1)
	1 == 2
}

test_it_passes if 1 == 1

todo_test_later if 1 == 1

test_table[name] if {
	some name, case in {"equal": [1, 1], "odd": [1, 2]}
	case[0] == case[1]
}
