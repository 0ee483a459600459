# stopped
package hostile

deny contains "x" if units.parse("1e999999999") == 1
