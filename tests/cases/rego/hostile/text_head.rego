# refused: steps
package hostile

a«20000×.b» := 1
