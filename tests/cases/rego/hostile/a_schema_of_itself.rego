# stopped
package hostile

deny contains "x" if {
	some a in [{"$ref": "#"}, {"allOf": [{"$ref": "#"}]}]
	json.match_schema(input, a)[0]
}
