package main

import data.services

# METADATA
# title: Ports are those of the service
deny_port contains {"msg": msg, "port": input.port} if {
	not input.port in services.ports
	msg := sprintf("port %v is not allowed", [input.port])
}

warn contains "no name" if not input.name

deny contains msg if {
	is_array(input)
	names := {entry.path | some entry in input}
	count(names) > 1
	msg := sprintf("%d files together", [count(names)])
}
