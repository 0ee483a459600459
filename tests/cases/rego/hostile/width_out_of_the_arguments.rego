# answered
package hostile

deny contains sprintf("%*d", [input.large, 1])
