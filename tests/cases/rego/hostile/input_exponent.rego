# refused: range
package hostile

deny contains "x" if input.a == 1
