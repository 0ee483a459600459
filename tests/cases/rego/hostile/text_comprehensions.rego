# answered
package hostile

x := «30×[1 | »true«30×]»

deny contains "x" if x == input.zz
