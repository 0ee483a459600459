# METADATA
# title: A policy that tells too much
# description: It repeats the value of a credential.
# custom:
#   code: APP-LEAK
#   severity: high
#   scope: workload
#   controls: []
#   remediation: Read credentials from a Secret.
package app.leak

deny contains finding if {
	some container in input.workload.containers
	some index, variable in container.env
	finding := {
		"message": sprintf("%s is %s", [variable.name, variable.value]),
		"path": sprintf("%s/env/%d/value", [container.origin.path, index]),
		"facts": {"value": variable.value},
	}
}

deny contains finding if {
	some container in input.workload.containers
	container.name == "proxy"
	finding := {"message": "the proxy", "path": sprintf("%s/image", [container.origin.path])}
}
