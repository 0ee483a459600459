# METADATA
# title: Containers are not privileged
# description: A privileged container is root on the node.
# custom:
#   code: TEST-PRIVILEGED
#   severity: high
#   scope: workload
#   controls: [PSS-baseline]
#   remediation: Remove `privileged`.
package test.privileged

deny contains finding if {
	some container in input.workload.containers
	container.security.privileged
	finding := {
		"message": sprintf("container %s is privileged", [container.name]),
		"path": sprintf("%s/securityContext/privileged", [container.origin.path]),
		"facts": {"large": 340282366920938463463374607431768211457},
	}
}
