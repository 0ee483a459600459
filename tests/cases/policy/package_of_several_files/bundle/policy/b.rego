package main

import rego.v1

deny contains msg if {
	is_service
	some port in input.spec.ports
	port.port > limit
	msg := sprintf("b: %d %s", [port.port, describe(input.kind)])
}

names contains name if name := input.metadata.namespace

is_service if input.kind == "Deployment"
