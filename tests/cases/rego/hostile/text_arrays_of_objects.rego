# answered
package hostile

x := «30×[{"a": »1«30×}]»

deny contains "x" if x == input.zz
