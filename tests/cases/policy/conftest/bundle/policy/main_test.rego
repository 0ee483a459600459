package main

test_not_loaded if false
