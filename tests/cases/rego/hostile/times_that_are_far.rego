# stopped
package hostile

deny contains "x" if time.add_date(0, 9000000000, 9000000000, 9000000000) == 1
