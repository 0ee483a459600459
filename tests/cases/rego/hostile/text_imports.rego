# refused: more faults
package hostile

«20000×import data.a
»