# answered
package hostile

f(x) := g(x)

g(x) := x

deny contains "x" if f(1) with data.hostile.g as data.hostile.f
