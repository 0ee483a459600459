package goldgate.pod_security.host_port_test

import data.goldgate.lib.fixture_test as fixture
import data.goldgate.pod_security.host_port

opening(ports) := {"name": "web", "ports": ports}

test_port_of_the_container_is_allowed if {
	document := fixture.deployment({"containers": [opening([{"containerPort": 80}, {"hostPort": 0}])]})
	count(host_port.deny) == 0 with input as document
}

test_port_of_the_node_is_denied if {
	document := fixture.deployment({"containers": [opening([{"containerPort": 80, "hostPort": 8080}])]})
	some finding in host_port.deny with input as document
	finding.message == `container "web" opens port 8080 of the node`
	finding.path == "/spec/template/spec/containers/0/ports/0/hostPort"
	finding.facts == {"host_port": 8080}
}

test_port_of_the_node_in_an_init_container_is_denied if {
	document := fixture.bare_pod({"initContainers": [opening([{"hostPort": 1}, {"hostPort": 2}])]})
	count(host_port.deny) == 2 with input as document
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(host_port.deny) with input as document
	}
}
