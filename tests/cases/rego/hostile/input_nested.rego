# refused: nests deeper
package hostile

deny contains "x" if input.a == 1
