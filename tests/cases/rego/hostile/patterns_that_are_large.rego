# stopped
package hostile

deny contains "x" if regex.match("«9×(»a{1000}){1000}){1000}«6×)»", input.long)
