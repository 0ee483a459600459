package goldgate.kubernetes.read_only_root_test

import data.goldgate.kubernetes.read_only_root
import data.goldgate.lib.fixture_test as fixture

test_read_only_root_is_allowed if {
	document := fixture.containers([{"security": {"read_only_root_filesystem": true}}])
	count(read_only_root.deny) == 0 with input as document
}

test_writable_root_is_denied if {
	document := fixture.containers([{"name": "web", "security": {}}])
	some finding in read_only_root.deny with input as document
	finding.message == `container "web" can write to its root file system`
	finding.path == "/spec/template/spec/containers/0/securityContext/readOnlyRootFilesystem"
}

test_ephemeral_container_may_write if {
	document := fixture.containers([{"kind": "ephemeral"}, {"kind": "init", "security": {"read_only_root_filesystem": false}}])
	count(read_only_root.deny) == 1 with input as document
}

test_windows_has_no_read_only_root if {
	document := fixture.deployment({"os": {"name": "windows"}, "containers": [{"name": "web"}]})
	count(read_only_root.deny) == 0 with input as document
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(read_only_root.deny) with input as document
	}
}
