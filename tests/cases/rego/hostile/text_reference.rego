# refused: steps
package hostile

deny contains "x" if input«20000×[0]»
