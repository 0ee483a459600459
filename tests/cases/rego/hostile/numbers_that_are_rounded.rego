# stopped: too long
package hostile

deny contains "x" if round(to_number(input.digits) / 3) == 1
