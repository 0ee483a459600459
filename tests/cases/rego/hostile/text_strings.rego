# answered
package hostile

x := "«1000000×a»"

deny contains "x" if x == input.zz
