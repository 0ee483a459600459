# answered
package hostile

deny contains "x" if input.a == input.b

deny contains "y" if walk(input, [_, 2])
