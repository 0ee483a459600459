# stopped: more steps
package hostile

deny contains "x" if count(numbers.range(1, input.large)) == 1
