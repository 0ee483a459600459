# stopped
package hostile

deny contains "x" if parse_config("yaml", input.deep) == 1
