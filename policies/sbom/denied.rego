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
	some purl, component in input.sbom.by_purl
	some form in {purl, bare(purl), unversioned(purl)}
	glob.match(pattern, ["/"], form)
	finding := told(purl, component, sprintf("is denied: %s", [reason]))
}

deny contains finding if {
	some pattern, reason in sbom.setting("denied_makers")
	some purl, component in input.sbom.by_purl
	is_made_by(purl, component, pattern)
	finding := told(purl, component, sprintf("is made by somebody who is denied: %s", [reason]))
}

is_made_by(purl, _, pattern) if {
	startswith(pattern, "pkg:")
	glob.match(pattern, ["/"], unversioned(purl))
}

is_made_by(_, component, pattern) if glob.match(lower(pattern), null, lower(component.supplier))

told(purl, component, what) := {
	"message": sprintf("%s %s", [sbom.named(component), what]),
	"path": sprintf("/by_purl/%s", [sbom.escaped(purl)]),
	"facts": {"purl": purl},
}

# Without qualifiers.
bare(purl) := split(split(purl, "?")[0], "#")[0]

# Without a version, too; the `@` of an npm scope is written `%40`.
unversioned(purl) := split(bare(purl), "@")[0]
