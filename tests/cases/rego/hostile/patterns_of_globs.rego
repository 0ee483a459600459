# answered
package hostile

deny contains "x" if glob.match("«2000×*a»", [], input.long)
