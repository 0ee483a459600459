package p

import data.a
import data.b as a

input := 1

b(data) := 1

c if {
	input := 1
	input == 1
}
