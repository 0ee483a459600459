# METADATA
# title: The service has an owner
# description: When the service fails at night or a vulnerability is found, somebody must be known who acts.
# custom:
#   code: GOLD-OWNER
#   severity: medium
#   scope: release
#   controls: []
#   remediation: Add `spec.owner` to the service's `catalog-info.yaml` and import it with `goldgate catalog import catalog-info.yaml`.
package goldgate.golden_path.owner

deny contains finding if {
	not owned
	finding := {
		"message": sprintf("%v has no owner in the catalogue", [service]),
		"facts": {"service": service},
	}
}

# An unknown service has an empty name.
default service := "the service"

service := input.service.ref if input.service.ref != ""

owned if input.service.owner != ""
