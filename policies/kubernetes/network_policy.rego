# METADATA
# title: A NetworkPolicy covers every workload
# description: A pod that no NetworkPolicy selects can be reached by, and can reach, every other pod of the cluster.
# custom:
#   code: K8S-NETWORK-POLICY
#   severity: medium
#   scope: release
#   controls: [CIS-K8S-5.3.2, NSA-K8S-network-policy]
#   remediation: Add a NetworkPolicy to the same namespace whose `podSelector` selects the labels of these pods, and allow only the traffic they need.
package goldgate.kubernetes.network_policy

import data.goldgate.lib.release
import data.goldgate.lib.selector

deny contains finding if {
	some workload in input.workloads
	not covered(workload)
	finding := {
		"message": sprintf("no NetworkPolicy of this release selects the pods of %s", [release.title(workload)]),
		"path": workload.pod_path,
		"resource": release.identity(workload),
	}
}

covered(workload) if {
	some policy in release.beside(workload, "networking.k8s.io", "NetworkPolicy")
	is_object(policy.spec)
	release.selects_pods(pod_selector(policy.spec), workload)
}

pod_selector(spec) := chosen if {
	chosen := spec.podSelector
	chosen != null
}

# A policy without selector is for every pod of the namespace.
pod_selector(spec) := {} if selector.absent(spec, "podSelector")
