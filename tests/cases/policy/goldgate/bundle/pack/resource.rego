# METADATA
# title: Title of A-RESOURCE
# custom:
#   code: A-RESOURCE
#   severity: high
#   scope: resource
#   remediation: Mend it.
#   kinds: [Service, apps/Deployment]
#   controls: [C-1]
#   extra: allowed
package acme.resource

deny contains finding if {
	some key in ["replicas", "type"]
	value := input.resource.spec[key]
	finding := {"message": sprintf("%s is %v", [key, value]), "path": ["spec", key], "severity": "low", "facts": {"key": key}, "value": value}
}

warn contains "never denies" if input.resource.kind == "Service"
