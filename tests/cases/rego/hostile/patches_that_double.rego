# stopped
package hostile

deny contains "x" if {
	x0 := {"a": input.list}
«40×	x{n+1} := json.patch({"a": 1, "b": 2}, [{"op": "replace", "path": "a", "value": x{n}}, {"op": "replace", "path": "b", "value": x{n}}])
»	x40 == input.list
}
