# METADATA
# title: Services say when they are ready
# description: Without a readiness probe a pod gets traffic before it can answer, so every deployment drops requests.
# custom:
#   code: K8S-PROBE-READINESS
#   severity: medium
#   scope: workload
#   controls: []
#   remediation: "Add a readiness probe, e.g. `readinessProbe: {httpGet: {path: /readyz, port: 8080}}`."
package goldgate.kubernetes.probe_readiness

import data.goldgate.lib.pod

deny contains finding if {
	input.workload.kind in pod.long_running_kinds
	some container in input.workload.containers
	container.kind == "container"
	not container.probes.readiness
	finding := {
		"message": sprintf("%s has no readiness probe", [pod.title(container)]),
		"path": sprintf("%s/readinessProbe", [container.origin.path]),
	}
}
