package c

x := "abc
