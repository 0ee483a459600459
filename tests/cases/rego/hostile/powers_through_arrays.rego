# stopped
package hostile

deny contains "x" if product([x | some a in input.list; some b in input.list; x := 99999999999 + a + b]) == 1
