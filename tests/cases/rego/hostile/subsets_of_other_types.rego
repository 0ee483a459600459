# answered
package hostile

deny contains "x" if object.subset(input.list, [])
