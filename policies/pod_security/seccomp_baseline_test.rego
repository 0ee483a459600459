package goldgate.pod_security.seccomp_baseline_test

import data.goldgate.lib.fixture_test as fixture
import data.goldgate.pod_security.seccomp_baseline

with_profile(profile) := {"name": "web", "securityContext": {"seccompProfile": profile}}

test_filtering_profiles_are_allowed if {
	document := fixture.deployment({
		"securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
		"containers": [with_profile({"type": "Localhost", "localhostProfile": "web.json"}), with_profile(null), {}],
	})
	count(seccomp_baseline.deny) == 0 with input as document
}

test_no_profile_at_all_is_allowed if {
	document := fixture.deployment({"containers": [{"name": "web"}]})
	count(seccomp_baseline.deny) == 0 with input as document
}

test_unconfined_container_is_denied if {
	document := fixture.deployment({"containers": [with_profile({"type": "Unconfined"})]})
	some finding in seccomp_baseline.deny with input as document
	finding.message == `container "web" sets a seccomp profile that is neither RuntimeDefault nor Localhost`
	finding.path == "/spec/template/spec/containers/0/securityContext/seccompProfile"
}

test_unconfined_pod_and_profile_without_type_are_denied if {
	document := fixture.cron_job({
		"securityContext": {"seccompProfile": {"type": "Unconfined"}},
		"initContainers": [with_profile({})],
	})
	count(seccomp_baseline.deny) == 2 with input as document
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(seccomp_baseline.deny) with input as document
	}
}
