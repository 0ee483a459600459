# refused: brackets
package hostile

x := «100000×count(»1«100000×)»
