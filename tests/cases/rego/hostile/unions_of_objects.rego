# stopped
package hostile

deny contains "x" if {
	objects := [o | some a in input.list; some b in input.list; o := {sprintf("%d-%d", [a, b]): input.list}]
	count(object.union_n(objects)) == -1
}
