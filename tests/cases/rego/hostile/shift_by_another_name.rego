# stopped
package hostile

deny contains "x" if max([1, 2]) + bits.or(1, input.large) == 1 with bits.or as bits.lsh
