# refused
package hostile

x := «60×[{1} | »1«60×, 2]»
