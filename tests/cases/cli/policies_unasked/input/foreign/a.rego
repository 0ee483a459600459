package main

deny contains "not allowed" if {
	not input.metadata.name in data.exemptions.names
	input.workload.host_network
}

warn contains msg if {
	unused := 1
	msg := input.request.object.kind
}
