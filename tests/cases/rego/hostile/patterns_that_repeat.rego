# answered
package hostile

deny contains "x" if regex.match("(a*)*b", input.long)
