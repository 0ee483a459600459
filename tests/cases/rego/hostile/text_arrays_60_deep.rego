# answered
package hostile

x := «60×[»1«60×]»

deny contains "x" if x == input.zz
