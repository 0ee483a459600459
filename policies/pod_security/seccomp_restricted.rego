# METADATA
# title: Containers have a seccomp profile
# description: A container without a profile may use every system call of the node's kernel, whose rarely used ones are where escapes are found.
# custom:
#   code: K8S-SECCOMP-RESTRICTED
#   severity: medium
#   scope: workload
#   controls: [PSS-restricted, CIS-K8S-5.6.2, NSA-K8S-hardening-profiles]
#   remediation: Set `securityContext.seccompProfile.type` to `RuntimeDefault` on the pod.
package goldgate.pod_security.seccomp_restricted

import data.goldgate.lib.pod

deny contains finding if {
	not pod.windows
	some place in pod.places
	profile := place.security.seccompProfile
	profile != null
	not filters(profile)
	finding := {
		"message": sprintf("%s sets a seccomp profile that is neither RuntimeDefault nor Localhost", [place.title]),
		"path": sprintf("%s/seccompProfile", [place.path]),
		"facts": {"profile": profile},
	}
}

deny contains finding if {
	not pod.windows
	not says(input.workload.pod)
	some container in input.workload.containers
	not says(container.spec)
	finding := {
		"message": sprintf("%s has no seccomp profile", [pod.title(container)]),
		"path": sprintf("%s/securityContext/seccompProfile", [container.origin.path]),
	}
}

filters(profile) if profile.type in {"RuntimeDefault", "Localhost"}

# The pod or container says something about seccomp, good or bad.
says(spec) if spec.securityContext.seccompProfile != null
