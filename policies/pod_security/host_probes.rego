# METADATA
# title: Probes and lifecycle hooks name no host
# description: The kubelet sends probes and hooks from the node, so a host of the author's choice lets a pod reach through the node what it cannot reach itself.
# custom:
#   code: K8S-HOST-PROBES
#   severity: high
#   scope: workload
#   controls: [PSS-baseline]
#   remediation: Remove `host` from `httpGet` and `tcpSocket` in probes and lifecycle hooks; without it the pod itself is asked.
package goldgate.pod_security.host_probes

import data.goldgate.lib.pod

places := [
	["livenessProbe"],
	["readinessProbe"],
	["startupProbe"],
	["lifecycle", "postStart"],
	["lifecycle", "preStop"],
]

deny contains finding if {
	some container in input.workload.containers
	is_object(container.spec)
	some place in places
	some action in ["httpGet", "tcpSocket"]
	keys := array.concat(place, [action, "host"])
	host := object.get(container.spec, keys, null)
	not host in {"", null}
	finding := {
		"message": sprintf("%s names the host %v in %s", [pod.title(container), host, concat(".", place)]),
		"path": sprintf("%s/%s", [container.origin.path, concat("/", keys)]),
		"facts": {"host": host},
	}
}
