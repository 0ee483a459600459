# stopped: nests deeper
package hostile

deny contains "x" if yaml.unmarshal(input.deep) == 1
