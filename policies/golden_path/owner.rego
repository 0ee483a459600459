# METADATA
# title: The service has an owner
# description: When the service fails at night or a vulnerability is found, somebody must be known who acts.
# custom:
#   code: GOLD-OWNER
#   severity: medium
#   scope: release
#   controls: []
#   remediation: Add `spec.owner` to the `catalog-info.yaml` of the service and check it along with the manifests; when the manifests belong to another service, name that one with `--service`.
package goldgate.golden_path.owner

deny contains finding if {
	not owned
	finding := {
		"message": message,
		"facts": {"service": reference},
	}
}

owned if input.service.owner != ""

reference := object.get(input, ["service", "ref"], "")

message := "the release names no service, so nobody is known to own it" if reference == ""

message := sprintf("%v has no owner: its catalog-info.yaml names none, or was not found", [reference]) if reference != ""
