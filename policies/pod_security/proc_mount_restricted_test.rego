package goldgate.pod_security.proc_mount_restricted_test

import data.goldgate.lib.fixture_test as fixture
import data.goldgate.pod_security.proc_mount_restricted

mounting(proc_mount_type) := {"name": "web", "securityContext": {"procMount": proc_mount_type}}

test_masked_proc_is_allowed if {
	document := fixture.deployment({"containers": [mounting("Default"), mounting(null), {"name": "plain"}]})
	count(proc_mount_restricted.deny) == 0 with input as document
}

test_unmasked_proc_is_denied_even_in_a_user_namespace if {
	document := fixture.deployment({"hostUsers": false, "ephemeralContainers": [mounting("Unmasked")]})
	some finding in proc_mount_restricted.deny with input as document
	finding.message == `ephemeral container "web" sets procMount to Unmasked`
	finding.path == "/spec/template/spec/ephemeralContainers/0/securityContext/procMount"
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(proc_mount_restricted.deny) with input as document
	}
}
