# METADATA
# title: Containers do not run as root
# description: A process that escapes its container is root on the node when it was root inside.
# custom:
#   code: K8S-RUN-AS-ROOT
#   severity: high
#   scope: workload
#   controls: [PSS-restricted, CIS-K8S-5.2.7, NSA-K8S-non-root]
#   remediation: Set `securityContext.runAsNonRoot` to `true` on the pod or the container, and build the image with a numeric `USER` that is not 0.
package goldgate.pod_security.run_as_root

import data.goldgate.lib.pod

deny contains finding if {
	not pod.user_namespace
	some place in pod.places
	value := place.security.runAsNonRoot
	not value in {true, null}
	finding := {
		"message": sprintf("%s may run as root: runAsNonRoot is %v", [place.title, value]),
		"path": sprintf("%s/runAsNonRoot", [place.path]),
	}
}

deny contains finding if {
	not pod.user_namespace
	not says(input.workload.pod)
	some container in input.workload.containers
	not says(container.spec)
	finding := {
		"message": sprintf("%s may run as root: runAsNonRoot is not set", [pod.title(container)]),
		"path": sprintf("%s/securityContext/runAsNonRoot", [container.origin.path]),
	}
}

# The pod or container says something about root, good or bad.
says(spec) if spec.securityContext.runAsNonRoot != null
