# METADATA
# title: Production runs more than one pod
# description: With a single pod each deployment, node upgrade and crash is an outage.
# custom:
#   code: GOLD-REPLICAS
#   severity: medium
#   scope: release
#   controls: []
#   remediation: Set `spec.replicas` to 2 or more, or let a HorizontalPodAutoscaler with `minReplicas` of 2 or more scale the workload.
package goldgate.golden_path.replicas

import data.goldgate.lib.release

# A workload that is scaled to zero is switched off on purpose.
deny contains finding if {
	input.environment == "production"
	some workload in input.workloads
	workload.kind in {"Deployment", "StatefulSet"}
	release.fewest_pods(workload) == 1
	finding := {
		"message": sprintf("%s runs a single pod in production", [release.title(workload)]),
		"path": "/spec/replicas",
		"resource": release.identity(workload),
	}
}
