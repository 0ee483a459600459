# refused: steps
package a«20000×.b»

deny contains "x" if true
