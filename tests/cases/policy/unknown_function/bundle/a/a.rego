# METADATA
# title: Title of A-ONE
# custom:
#   code: A-ONE
#   severity: high
#   scope: resource
#   remediation: Mend it.
package acme.one

import data.acme.lib

deny contains "a" if starswith(input.resource.kind, "D")

deny contains "b" if lib.has_labl(input.resource)

deny contains "c" if frobnicate(1)

deny contains "d" if crypto.sha256("a") == ""

deny contains "e" if lib.has_label(input.resource, "a", "b", "c")

deny contains "f" if startswith("a")

deny contains "g" if lib.names("x")
