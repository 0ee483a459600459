package p

import data.a
import data.b

x := a.x

y if {
	z := 1
	input.y
}
