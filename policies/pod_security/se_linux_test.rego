package goldgate.pod_security.se_linux_test

import data.goldgate.lib.fixture_test as fixture
import data.goldgate.pod_security.se_linux

with_options(options) := {"name": "web", "securityContext": {"seLinuxOptions": options}}

test_types_of_containers_are_allowed if {
	document := fixture.deployment({
		"securityContext": {"seLinuxOptions": {"type": "container_engine_t", "level": "s0:c1"}},
		"containers": [with_options({"type": "container_t"}), with_options({"type": "", "user": "", "role": null}), {}],
	})
	count(se_linux.deny) == 0 with input as document
}

test_other_type_is_denied if {
	document := fixture.deployment({"containers": [with_options({"type": "spc_t"})]})
	some finding in se_linux.deny with input as document
	finding.message == `container "web" sets the SELinux type to spc_t`
	finding.path == "/spec/template/spec/containers/0/securityContext/seLinuxOptions/type"
	finding.facts == {"option": "type", "value": "spc_t"}
}

test_user_and_role_of_the_pod_are_denied if {
	document := fixture.cron_job({"securityContext": {"seLinuxOptions": {"user": "system_u", "role": "system_r"}}})
	messages := {finding.message | some finding in se_linux.deny} with input as document
	messages == {"the pod sets the SELinux user to system_u", "the pod sets the SELinux role to system_r"}
}

test_options_of_init_and_ephemeral_containers_are_denied if {
	container := with_options({"user": "root"})
	document := fixture.bare_pod({"initContainers": [container], "ephemeralContainers": [container]})
	count(se_linux.deny) == 2 with input as document
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(se_linux.deny) with input as document
	}
}
