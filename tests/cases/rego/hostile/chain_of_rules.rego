# refused
package hostile

«3000×r{n} := r{n+1} + 1
»r3000 := 1

deny contains "x" if r0 == 1
