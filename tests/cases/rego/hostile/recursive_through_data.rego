# refused: recurs
package hostile

deny contains "x" if data[input.package].deny
