# refused
package hostile

«3000×f{n}(x) := f{n+1}(x) + 1
»f3000(x) := x

deny contains "x" if f0(1) == 1
