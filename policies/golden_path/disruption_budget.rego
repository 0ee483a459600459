# METADATA
# title: A PodDisruptionBudget protects what runs in production
# description: Without a budget a node upgrade may stop all pods of a service at once, however many there are.
# custom:
#   code: GOLD-DISRUPTION-BUDGET
#   severity: medium
#   scope: release
#   controls: []
#   remediation: Add a PodDisruptionBudget with `maxUnavailable` of 1 to the same namespace; its `selector` must select the labels of these pods.
package goldgate.golden_path.disruption_budget

import data.goldgate.lib.release

deny contains finding if {
	input.environment == "production"
	some workload in input.workloads
	workload.kind in {"Deployment", "StatefulSet"}
	release.fewest_pods(workload) > 1
	not protected(workload)
	finding := {
		"message": sprintf("no PodDisruptionBudget of this release selects the pods of %s", [release.title(workload)]),
		"path": workload.pod_path,
		"resource": release.identity(workload),
	}
}

protected(workload) if {
	some budget in release.beside(workload, "policy", "PodDisruptionBudget")
	release.selects_pods(budget.spec.selector, workload)
}
