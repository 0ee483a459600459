# stopped
package hostile

deny contains "x" if lower(input.aliases) == "x" with lower as yaml.unmarshal
