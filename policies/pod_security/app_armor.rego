# METADATA
# title: Containers keep an AppArmor profile
# description: Without AppArmor a process may use files and system calls that the runtime's profile keeps from it.
# custom:
#   code: K8S-APPARMOR
#   severity: high
#   scope: workload
#   controls: [PSS-baseline, CIS-K8S-5.6.3, NSA-K8S-hardening-profiles]
#   remediation: Set `securityContext.appArmorProfile.type` to `RuntimeDefault` or `Localhost`, or remove it; an annotation takes `runtime/default` or `localhost/NAME`.
package goldgate.pod_security.app_armor

import data.goldgate.lib.pod

annotation_prefix := "container.apparmor.security.beta.kubernetes.io/"

deny contains finding if {
	some place in pod.places
	profile := place.security.appArmorProfile
	profile != null
	not confines(profile)
	finding := {
		"message": sprintf("%s sets an AppArmor profile that is neither RuntimeDefault nor Localhost", [place.title]),
		"path": sprintf("%s/appArmorProfile", [place.path]),
		"facts": {"profile": profile},
	}
}

deny contains finding if {
	some key, profile in input.workload.pod_annotations
	startswith(key, annotation_prefix)
	not annotation_confines(profile)
	escaped := replace(replace(key, "~", "~0"), "/", "~1")
	finding := {
		"message": sprintf(
			"an annotation sets the AppArmor profile of container \"%s\" to %v",
			[trim_prefix(key, annotation_prefix), profile],
		),
		"path": sprintf("%s/%s", [pod.annotations_path, escaped]),
		"facts": {"profile": profile},
	}
}

confines(profile) if profile.type in {"RuntimeDefault", "Localhost"}

annotation_confines(profile) if profile in {"", null, "runtime/default"}

annotation_confines(profile) if {
	is_string(profile)
	startswith(profile, "localhost/")
}
