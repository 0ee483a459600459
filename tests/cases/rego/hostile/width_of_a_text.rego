# answered
package hostile

deny contains sprintf("%1000000000d", [1])
