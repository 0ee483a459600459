# refused: brackets
package hostile

x := «100000×{"a": »1«100000×}»
