package main

import rego.v1

deny contains msg if {
	input.kind == "Deployment"
	not input.spec.template
	msg := "Deployment has no template"
}

warn contains msg if {
	input.spec.replicas == 1
	msg := sprintf("%s has only one replica", [input.metadata.name])
}

violation contains {"msg": "Service is open", "details": {"type": input.spec.type}} if {
	input.kind == "Service"
	input.spec.type == "LoadBalancer"
}
