# METADATA
# title: Workloads say whom to call
# description: When a workload fails at night, somebody has to find the people who run it.
# custom:
#   code: TEAM-CONTACT
#   severity: low
#   scope: workload
#   controls: []
#   remediation: Add the annotation `contact` with a channel or an address, e.g. `#team-shop`.
package team.contact

deny contains finding if {
	not input.workload.annotations.contact
	finding := {
		"message": sprintf("%s %q names no contact", [input.workload.kind, input.workload.name]),
		"path": "/metadata",
	}
}
