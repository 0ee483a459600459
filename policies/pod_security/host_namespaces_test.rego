package goldgate.pod_security.host_namespaces_test

import data.goldgate.lib.fixture_test as fixture
import data.goldgate.pod_security.host_namespaces

test_pod_with_namespaces_of_its_own_is_allowed if {
	document := fixture.deployment({"hostNetwork": false, "hostPID": null, "containers": [{"name": "web"}]})
	count(host_namespaces.deny) == 0 with input as document
}

test_host_network_is_denied if {
	document := fixture.deployment({"hostNetwork": true})
	some finding in host_namespaces.deny with input as document
	finding.message == "the pod shares a namespace of the node: hostNetwork is on"
	finding.path == "/spec/template/spec/hostNetwork"
	finding.facts == {"field": "hostNetwork"}
}

test_each_namespace_is_a_finding_of_its_own if {
	document := fixture.cron_job({"hostNetwork": true, "hostPID": true, "hostIPC": true})
	count(host_namespaces.deny) == 3 with input as document
}

test_switch_of_a_wrong_type_counts_as_on if {
	document := fixture.bare_pod({"hostPID": "true"})
	count(host_namespaces.deny) == 1 with input as document
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(host_namespaces.deny) with input as document
	}
}
