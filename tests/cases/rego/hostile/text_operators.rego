# refused: operators
package hostile

x := «100000×1 + »1
