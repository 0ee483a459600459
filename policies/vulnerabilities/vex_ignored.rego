# METADATA
# title: VEX comes from somebody who is known
# description: Who releases a service could write that its vulnerabilities do not matter. A statement counts only when somebody else vouches for it.
# custom:
#   code: VEX-IGNORED
#   severity: low
#   scope: sbom
#   controls: [NIST-SSDF-RV.2]
#   remediation: Let an operator take the document in with `goldgate vex import FILE`, or attest it on the image and name the authority in `vex.authorities`; mend what cannot be read.
package goldgate.vulnerabilities.vex_ignored

import data.goldgate.lib.sbom

deny contains finding if {
	some document in input.sbom.vex.documents
	objection := document.objection
	finding := {
		"message": sprintf("what %s says of vulnerabilities in %s does not count: %s", [
			said_by(document), document.source, objection,
		]),
		"path": sprintf("/vex/%s", [sbom.escaped(document.source)]),
		"facts": {"document": document},
	}
}

# A single statement that is wrong must not go unseen: its author thinks that it was heard.
deny contains finding if {
	some document in input.sbom.vex.documents
	not document.objection
	some fault in document.faults
	finding := {
		"message": sprintf("a statement in %s was left out: %s", [document.source, fault]),
		"path": sprintf("/vex/%s/%s", [sbom.escaped(document.source), sbom.escaped(fault)]),
	}
}

deny contains finding if {
	fault := input.sbom.vex.fault
	finding := {"message": sprintf("newer VEX documents could not be read: %s", [fault]), "path": "/vex"}
}

said_by(document) := document.author if document.author != ""

said_by(document) := "somebody" if document.author == ""
