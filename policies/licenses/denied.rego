# METADATA
# title: No component has a licence that is denied
# description: Some licences ask for more than the house gives, such as the source of everything that uses them.
# custom:
#   code: LICENSE-DENIED
#   severity: high
#   scope: sbom
#   controls: []
#   remediation: Replace the component by one under another licence, or buy one; the lists are `data.licenses.service` and `data.licenses.shipped` (docs/licenses.md).
package goldgate.licenses.denied

import data.goldgate.lib.license

deny contains finding if {
	some text, entry in license.entries
	license.best(entry)[0] == 0
	finding := {
		"message": sprintf("%s is denied for what is %s%s: %s", [text, license.use, license.choice(entry), license.users(entry)]),
		"path": license.pointer(text),
		"facts": license.facts(text, entry),
	}
}
