# stopped: too large
package hostile

deny contains "x" if bits.lsh(1, 10000000000) == 1
