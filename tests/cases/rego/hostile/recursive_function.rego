# refused: recurs
package hostile

f(n) := f(n + 1)

deny contains "x" if f(1)
