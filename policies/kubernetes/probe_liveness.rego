# METADATA
# title: Services say when they hang
# description: Without a liveness probe a process that hangs stays in service until somebody notices and restarts it by hand.
# custom:
#   code: K8S-PROBE-LIVENESS
#   severity: medium
#   scope: workload
#   controls: []
#   remediation: "Add a liveness probe that asks the process itself and none of its dependencies, e.g. `livenessProbe: {httpGet: {path: /livez, port: 8080}}`."
package goldgate.kubernetes.probe_liveness

import data.goldgate.lib.pod

deny contains finding if {
	input.workload.kind in pod.long_running_kinds
	some container in input.workload.containers
	container.kind == "container"
	not container.probes.liveness
	finding := {
		"message": sprintf("%s has no liveness probe", [pod.title(container)]),
		"path": sprintf("%s/livenessProbe", [container.origin.path]),
	}
}
