# refused
package hostile

x := «2000×$"{»1«2000×}"»
