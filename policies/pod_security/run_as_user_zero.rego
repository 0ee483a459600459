# METADATA
# title: Containers do not ask for user 0
# description: User 0 is root, whatever user the image was built for.
# custom:
#   code: K8S-RUN-AS-USER-ZERO
#   severity: high
#   scope: workload
#   controls: [PSS-restricted, CIS-K8S-5.2.7, NSA-K8S-non-root]
#   remediation: Set `securityContext.runAsUser` to a number above 0, or remove it when the image names its own user.
package goldgate.pod_security.run_as_user_zero

import data.goldgate.lib.pod

deny contains finding if {
	not pod.user_namespace
	some place in pod.places
	place.security.runAsUser == 0
	finding := {
		"message": sprintf("%s runs as root: runAsUser is 0", [place.title]),
		"path": sprintf("%s/runAsUser", [place.path]),
	}
}
