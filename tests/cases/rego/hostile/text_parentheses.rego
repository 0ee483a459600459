# refused: brackets
package hostile

x := «100000×(»1«100000×)»
