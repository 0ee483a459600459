# answered
package hostile

deny contains "x" if strings.count(input.long, "") == 1
