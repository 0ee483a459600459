# METADATA
# title: Workloads carry the standard labels
# description: Dashboards, cost reports and searches in an incident find a workload by the labels that Kubernetes recommends.
# custom:
#   code: GOLD-LABELS
#   severity: low
#   scope: workload
#   controls: []
#   remediation: Add `app.kubernetes.io/name`, `app.kubernetes.io/part-of` and `app.kubernetes.io/version` to `metadata.labels`.
package goldgate.golden_path.labels

import data.goldgate.lib.release

# Each standard label, and other labels that tell the same.
standard_labels := {
	"app.kubernetes.io/name": [],
	"app.kubernetes.io/part-of": [],
	"app.kubernetes.io/version": ["helm.sh/chart"],
}

deny contains finding if {
	some label, equivalents in standard_labels
	not labelled([label])
	not labelled(equivalents)
	finding := {
		"message": sprintf("%s has no label %s", [release.title(input.workload), label]),
		"path": "/metadata/labels",
		"facts": {"label": label},
	}
}

labelled(names) if {
	some name in names
	value := input.workload.labels[name]
	not value in {"", null}
}
