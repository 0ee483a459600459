# stopped: used up
package hostile

deny contains "x" if {
	every a in input.list {
		every b in input.list {
			every c in input.list {
				every d in input.list {
					a + b + c + d > -1
				}
			}
		}
	}
}
