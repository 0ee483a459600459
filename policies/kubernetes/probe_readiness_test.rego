package goldgate.kubernetes.probe_readiness_test

import data.goldgate.kubernetes.probe_readiness
import data.goldgate.lib.fixture_test as fixture

test_container_with_probe_is_allowed if {
	probe := {"httpGet": {"port": 80}}
	document := fixture.containers([{"name": "web", "probes": {"readiness": probe}}])
	count(probe_readiness.deny) == 0 with input as document
}

test_container_without_probe_is_denied if {
	document := fixture.containers([{"name": "web", "probes": {"startup": {}}}])
	some finding in probe_readiness.deny with input as document
	finding.message == `container "web" has no readiness probe`
	finding.path == "/spec/template/spec/containers/0/readinessProbe"
}

test_every_long_running_kind_needs_a_probe if {
	every kind in ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController"] {
		count(probe_readiness.deny) == 1 with input as fixture.running(kind, [{"name": "web"}])
	}
}

test_kinds_that_end_need_no_probe if {
	every kind in ["Job", "CronJob", "Pod", "PodTemplate"] {
		count(probe_readiness.deny) == 0 with input as fixture.running(kind, [{"name": "web"}])
	}
}

test_other_kinds_of_container_need_no_probe if {
	document := fixture.containers([{"kind": "init"}, {"kind": "sidecar"}, {"kind": "ephemeral"}])
	count(probe_readiness.deny) == 0 with input as document
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(probe_readiness.deny) with input as document
	}
}
