# METADATA
# title: Title of A-ONE
# custom:
#   code: A-ONE
#   severity: high
#   scope: resource
#   remediation: Mend it.
package acme.one

import data.acme.libs

deny contains "a" if data.acme.lib.nmaes[_] == input.resource.kind

deny contains "b" if data.settings.allowed

deny contains "c" if data.setings.allowed

deny contains "d" if data.setings.allowed with data.setings as {}

deny contains "e" if libs.x
