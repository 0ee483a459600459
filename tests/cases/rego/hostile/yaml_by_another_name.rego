# stopped
package hostile

deny contains "x" if lower(input.deep) == 1 with lower as yaml.unmarshal
