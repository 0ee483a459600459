package a_test

test_it_fails if {
	print("seen", 1)
	1 == 2
}

test_it_passes if 1 == 1

todo_test_later if 1 == 1
