# stopped
package hostile

deny contains "x" if to_number("1e999999999") + 1 == 1
