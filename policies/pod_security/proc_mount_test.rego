package goldgate.pod_security.proc_mount_test

import data.goldgate.lib.fixture_test as fixture
import data.goldgate.pod_security.proc_mount

mounting(proc_mount_type) := {"name": "web", "securityContext": {"procMount": proc_mount_type}}

test_masked_proc_is_allowed if {
	document := fixture.deployment({"containers": [mounting("Default"), mounting(null), {"name": "plain"}]})
	count(proc_mount.deny) == 0 with input as document
}

test_unmasked_proc_is_denied if {
	document := fixture.deployment({"containers": [mounting("Unmasked")]})
	some finding in proc_mount.deny with input as document
	finding.message == `container "web" sets procMount to Unmasked`
	finding.path == "/spec/template/spec/containers/0/securityContext/procMount"
}

test_unmasked_proc_in_a_user_namespace_is_allowed if {
	document := fixture.deployment({"hostUsers": false, "containers": [mounting("Unmasked")]})
	count(proc_mount.deny) == 0 with input as document
}

test_users_of_the_node_are_no_user_namespace if {
	document := fixture.bare_pod({"hostUsers": true, "initContainers": [mounting("Unmasked")]})
	count(proc_mount.deny) == 1 with input as document
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(proc_mount.deny) with input as document
	}
}
