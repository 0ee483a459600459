package goldgate.pod_security.host_path_test

import data.goldgate.lib.fixture_test as fixture
import data.goldgate.pod_security.host_path

test_other_volumes_are_allowed if {
	document := fixture.deployment({"volumes": [{"name": "tmp", "emptyDir": {}}, {"name": "old", "hostPath": null}]})
	count(host_path.deny) == 0 with input as document
}

test_host_path_is_denied if {
	document := fixture.deployment({"volumes": [{"name": "tmp", "emptyDir": {}}, {"name": "run", "hostPath": {"path": "/run"}}]})
	some finding in host_path.deny with input as document
	finding.message == `volume "run" mounts a directory of the node`
	finding.path == "/spec/template/spec/volumes/1/hostPath"
}

test_volume_without_name_is_denied_too if {
	document := fixture.cron_job({"volumes": [{"hostPath": {}}]})
	count(host_path.deny) == 1 with input as document
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(host_path.deny) with input as document
	}
}
