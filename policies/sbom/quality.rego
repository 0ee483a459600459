# METADATA
# title: A bill of materials has what it needs to be of use
# description: Without names, versions, identities, a graph, an author and a time nobody can tell what is in a release, or why.
# custom:
#   code: SBOM-QUALITY
#   severity: medium
#   scope: sbom
#   controls: [NTIA-SBOM, NIST-SSDF-PS.3]
#   remediation: Let a tool that knows the build make the bill (`cargo cyclonedx`, `npm sbom`, `syft`), with package URLs, versions and dependencies.
package goldgate.sbom.quality

import data.goldgate.lib.sbom

deny contains finding if {
	input.sbom.is_bill
	some fault in faults
	finding := {
		"message": sprintf("%s %s", [input.sbom.file, fault]),
		"path": sprintf("/quality/%s", [sbom.escaped(fault)]),
		"facts": {"quality": input.sbom.quality},
	}
}

quality := input.sbom.quality

faults contains "lists no component" if quality.n_components == 0

faults contains sprintf("has %d components without a name", [quality.n_without_name]) if quality.n_without_name > 0

faults contains sprintf("has %d of %d components without a version", [quality.n_without_version, quality.n_components]) if {
	too_few(quality.n_without_version, "least_versioned")
}

faults contains sprintf("has %d of %d components without a package URL", [quality.n_without_purl, quality.n_components]) if {
	too_few(quality.n_without_purl, "least_identified")
}

faults contains "does not say what depends on what" if {
	quality.n_components > 1
	not quality.has_graph
}

faults contains "does not say which tool made it" if not quality.has_tool

faults contains "does not say when it was made" if not quality.has_time

too_few(n_without, name) if {
	quality.n_components > 0
	1 - (n_without / quality.n_components) < sbom.setting(name)
}
