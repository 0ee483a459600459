# METADATA
# title: Components say what their licence is
# description: Without a licence nobody has permission to use a component at all.
# custom:
#   code: LICENSE-MISSING
#   severity: low
#   scope: sbom
#   controls: []
#   remediation: Let the tool that makes the bill look licences up (`cdxgen`, `syft` with `--enrich all`), or ask the component's author. A lock file has none, so it is not asked.
package goldgate.licenses.missing

import data.goldgate.lib.license

deny contains finding if {
	input.sbom.is_bill
	entry := input.sbom.by_license[""]
	entry.state == "none"
	finding := {
		"message": sprintf("%d components say nothing of their licence: %s", [count(entry.components), license.users(entry)]),
		"path": "/by_license",
		"facts": {"components": entry.components},
	}
}
