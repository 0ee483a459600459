# METADATA
# title: Containers do not switch seccomp off
# description: Seccomp keeps the rarely used and often exploited system calls of the kernel away from a container.
# custom:
#   code: K8S-SECCOMP-BASELINE
#   severity: high
#   scope: workload
#   controls: [PSS-baseline, CIS-K8S-5.6.2, NSA-K8S-hardening-profiles]
#   remediation: Set `securityContext.seccompProfile.type` to `RuntimeDefault` or `Localhost`, or remove the profile.
package goldgate.pod_security.seccomp_baseline

import data.goldgate.lib.pod

deny contains finding if {
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

filters(profile) if profile.type in {"RuntimeDefault", "Localhost"}
