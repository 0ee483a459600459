# METADATA
# title: The choice between licences is written down
# description: Who may choose between licences has chosen by using the component; the decision says which one was taken.
# custom:
#   code: LICENSE-CHOSEN
#   severity: low
#   scope: sbom
#   controls: []
#   remediation: Nothing is to be done; to choose otherwise, move a licence to another list of `data.licenses`.
package goldgate.licenses.chosen

import data.goldgate.lib.license

warn contains finding if {
	count(choices) > 0
	finding := {
		"message": sprintf("choices between licences, taken in your favour: %d", [count(choices)]),
		"path": "/by_license",
		"facts": {"choices": choices},
	}
}

choices[text] := concat(" AND ", license.best(entry)[1]) if {
	some text, entry in license.entries
	count(entry.choices) > 1
}
