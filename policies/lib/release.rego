# Helpers for rules that look at a whole release: which resources stand beside a workload, and how far it scales.
package goldgate.lib.release

import data.goldgate.lib.selector

# Whom a finding is about.
identity(workload) := object.filter(workload, ["kind", "namespace", "name"])

# What an author calls a workload: `Deployment "checkout"`.
title(workload) := sprintf("%s \"%s\"", [workload.kind, object.get(workload, "name", "")])

# Resources of one API group and kind in the workload's namespace, whatever their version.
beside(workload, group, kind) := [entry.resource |
	some entry in input.resources
	entry.resource.kind == kind
	is_string(entry.resource.apiVersion)
	startswith(entry.resource.apiVersion, sprintf("%s/", [group]))
	namespace(entry.resource.metadata) == namespace(workload)
]

# The namespace of a workload or of a resource's `metadata`; "" when none is written.
namespace(named) := named.namespace if is_string(named.namespace)

namespace(named) := "" if {
	is_object(named)
	not has_namespace(named)
}

has_namespace(named) if is_string(named.namespace)

# A policy or budget that picks pods by label picks this workload's pods.
selects_pods(pod_selector, workload) if selector.selects(pod_selector, workload.pod_labels)

# The fewest pods a workload is meant to have: what it says itself (one when it says nothing) or what its autoscaler
# keeps up, whichever is more.
fewest_pods(workload) := max({object.get(workload, "replicas", 1)} | autoscaled(workload))

autoscaled(workload) := {autoscaler.spec.minReplicas |
	some autoscaler in beside(workload, "autoscaling", "HorizontalPodAutoscaler")
	autoscaler.spec.scaleTargetRef.kind == workload.kind
	autoscaler.spec.scaleTargetRef.name == workload.name
	is_number(autoscaler.spec.minReplicas)
}
