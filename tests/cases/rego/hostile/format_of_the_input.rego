# answered
package hostile

deny contains sprintf(input.format, [1])
