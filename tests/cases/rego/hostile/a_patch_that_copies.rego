# stopped
package hostile

deny contains "x" if {
	operations := [o | some n in input.list; o := {"op": "copy", "from": "", "path": sprintf("/k%d", [n])}]
	count(json.patch({"a": 1}, operations)) == -1
}
