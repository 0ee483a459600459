# answered
package hostile

«20000×deny contains "x" if input.a == 7
»