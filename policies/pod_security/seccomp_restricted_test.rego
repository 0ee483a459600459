package goldgate.pod_security.seccomp_restricted_test

import data.goldgate.lib.fixture_test as fixture
import data.goldgate.pod_security.seccomp_restricted

with_profile(profile) := {"name": "web", "securityContext": {"seccompProfile": profile}}

test_profile_of_the_pod_is_enough if {
	document := fixture.deployment({
		"securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
		"containers": [{"name": "web"}, with_profile(null)],
		"initContainers": [{"name": "migrate"}],
	})
	count(seccomp_restricted.deny) == 0 with input as document
}

test_profile_of_each_container_is_enough if {
	document := fixture.deployment({"containers": [with_profile({"type": "RuntimeDefault"})]})
	count(seccomp_restricted.deny) == 0 with input as document
}

test_container_without_profile_is_denied if {
	document := fixture.deployment({"containers": [with_profile({"type": "Localhost"})], "initContainers": [{"name": "migrate"}]})
	some finding in seccomp_restricted.deny with input as document
	finding.message == `init container "migrate" has no seccomp profile`
	finding.path == "/spec/template/spec/initContainers/0/securityContext/seccompProfile"
}

test_unconfined_container_is_denied if {
	document := fixture.deployment({
		"securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
		"ephemeralContainers": [with_profile({"type": "Unconfined"})],
	})
	some finding in seccomp_restricted.deny with input as document
	finding.message == `ephemeral container "web" sets a seccomp profile that is neither RuntimeDefault nor Localhost`
}

test_unconfined_pod_is_one_finding_for_all_its_containers if {
	document := fixture.deployment({
		"securityContext": {"seccompProfile": {"type": "Unconfined"}},
		"containers": [{"name": "web"}, {"name": "proxy"}],
	})
	paths := {finding.path | some finding in seccomp_restricted.deny} with input as document
	paths == {"/spec/template/spec/securityContext/seccompProfile"}
}

test_windows_has_no_seccomp if {
	containers := [{"name": "web"}, with_profile({"type": "Unconfined"})]
	document := fixture.deployment({"os": {"name": "windows"}, "containers": containers})
	count(seccomp_restricted.deny) == 0 with input as document
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(seccomp_restricted.deny) with input as document
	}
}
