package main

import rego.v1

names contains input.metadata.name

deny contains msg if {
	some name in names
	not startswith(name, "x-")
	msg := sprintf("a: %s", [name])
}

is_service if input.kind == "Service"

limit := 3 if is_service

describe(kind) := sprintf("kind %s", [kind])
