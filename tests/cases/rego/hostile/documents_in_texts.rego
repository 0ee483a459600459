# stopped
package hostile

deny contains "x" if json.unmarshal(input.deep) == 1
