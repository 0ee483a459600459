# answered
package hostile

x := «18×[»1«18×]»

deny contains "x" if x == input.zz
