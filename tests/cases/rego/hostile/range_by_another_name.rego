# stopped
package hostile

deny contains "x" if count(json.filter({}, input.large)) == 1 with json.filter as numbers.range
