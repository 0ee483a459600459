# refused: too big
package hostile

x := 1e«1000×9»

deny contains "x" if x == 1
