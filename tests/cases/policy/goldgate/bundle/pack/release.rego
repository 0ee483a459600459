# METADATA
# title: Title of A-RELEASE
# custom:
#   code: A-RELEASE
#   severity: critical
#   scope: release
#   remediation: Mend it.
package acme.release

deny contains finding if {
	some entry in input.resources
	entry.origin.line > 1
	finding := {"msg": sprintf("%s at line %d", [entry.resource.kind, entry.origin.line]), "resource": {"kind": entry.resource.kind, "namespace": "", "name": entry.resource.metadata.name}}
}

deny contains "whole release" if input.stage == "deploy"
