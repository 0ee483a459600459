# answered
package hostile

x := «100000×9»

deny contains "x" if x == input.zz
