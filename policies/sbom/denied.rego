# METADATA
# title: No component or maker is denied
# description: Some components and some makers are known to be trouble before an advisory says so.
# custom:
#   code: SBOM-DENIED
#   severity: high
#   scope: sbom
#   controls: [NIST-SSDF-PW.4]
#   remediation: Replace the component; what is denied, and why, stands in `data.sbom.denied_components` and `data.sbom.denied_makers`.
package goldgate.sbom.denied

import data.goldgate.lib.sbom

deny contains finding if {
	some pattern, reason in sbom.setting("denied_components")
	some place, purl in input.sbom.purls
	some form in {purl, bare(purl), unversioned(purl)}
	glob.match(pattern, ["/"], form)
	finding := told(place, sprintf("is denied: %s", [reason]))
}

deny contains finding if {
	some pattern, reason in sbom.setting("denied_makers")
	some place in made_by(pattern)
	finding := told(place, sprintf("is made by somebody who is denied: %s", [reason]))
}

# The places of the components of a namespace, or of a supplier as the bill names it.
made_by(pattern) := of_namespace(pattern) | of_supplier(pattern)

of_namespace(pattern) := {place |
	startswith(pattern, "pkg:")
	some place, purl in input.sbom.purls
	glob.match(pattern, ["/"], unversioned(purl))
}

of_supplier(pattern) := {place |
	some supplier, places in input.sbom.suppliers
	glob.match(lower(pattern), null, lower(supplier))
	some place in places
}

told(place, what) := {
	"message": sprintf("%s %s", [input.sbom.names[place], what]),
	"path": sprintf("/by_purl/%s", [sbom.escaped(purl)]),
	"facts": {"purl": purl},
} if {
	purl := input.sbom.purls[place]
}

# Without qualifiers.
bare(purl) := split(split(purl, "?")[0], "#")[0]

# Without a version, too; the `@` of an npm scope is written `%40`.
unversioned(purl) := split(bare(purl), "@")[0]
