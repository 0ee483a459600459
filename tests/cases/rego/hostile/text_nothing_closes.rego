# refused
package hostile

«50000×x := {
»