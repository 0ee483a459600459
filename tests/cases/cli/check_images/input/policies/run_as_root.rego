# METADATA
# title: Containers do not run as root
# description: A process that escapes its container is root on the node.
# custom:
#   code: APP-RUN-AS-ROOT
#   severity: high
#   scope: workload
#   controls: [PSS-restricted]
#   remediation: Set `securityContext.runAsNonRoot` to `true`.
package app.run_as_root

deny contains finding if {
	some container in input.workload.containers
	not container.security.run_as_non_root
	finding := {
		"message": sprintf("container %q may run as root", [container.name]),
		"path": container.origin.path,
	}
}
