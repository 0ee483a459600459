# METADATA
# title: Licences that nobody has decided on are looked at
# description: A licence that is in no list may ask for anything; somebody has to read it once.
# custom:
#   code: LICENSE-REVIEW
#   severity: medium
#   scope: sbom
#   controls: []
#   remediation: Ask whoever decides on licences, and add it to `allow` or `deny` of `data.licenses.service` or `data.licenses.shipped` (docs/licenses.md).
package goldgate.licenses.review

import data.goldgate.lib.license

deny contains finding if {
	some text, entry in license.entries
	license.best(entry)[0] == 1
	finding := {
		"message": sprintf("%s is not decided on for what is %s%s: %s", [
			text, license.use, license.choice(entry), license.users(entry),
		]),
		"path": license.pointer(text),
		"facts": license.facts(text, entry),
	}
}
