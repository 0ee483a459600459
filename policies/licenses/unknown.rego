# METADATA
# title: Licences are written so that they can be told
# description: A text that is no SPDX expression is not allowed by looking like one.
# custom:
#   code: LICENSE-UNKNOWN
#   severity: medium
#   scope: sbom
#   controls: []
#   remediation: Read the text once and name the expression that it means in `data.licenses.texts`, under the text or its digest; or let the component's author write an SPDX expression.
package goldgate.licenses.unknown

import data.goldgate.lib.license

deny contains finding if {
	some text, entry in input.sbom.by_license
	entry.state == "unknown"
	not license.known(text)
	finding := {
		"message": sprintf("`%s` is no licence expression%s: %s", [text, problem(entry), license.users(entry)]),
		"path": license.pointer(text),
		"facts": {"license": text, "components": entry.components},
	}
}

problem(entry) := sprintf(" (%s)", [entry.problem])

problem(entry) := "" if not entry.problem
