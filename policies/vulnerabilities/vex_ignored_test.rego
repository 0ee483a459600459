package goldgate.vulnerabilities.vex_ignored_test

import data.goldgate.lib.sbom_fixture_test as fixture
import data.goldgate.vulnerabilities.vex_ignored

document(changed) := fixture.with_fields({"vex": {"documents": [object.union(
	{"source": "vex.json", "id": "acme/1", "author": "acme", "n_statements": 2, "n_applied": 1, "faults": []},
	changed,
)]}})

test_what_counts_is_allowed if {
	count(vex_ignored.deny) == 0 with input as document({})
}

test_what_nobody_vouches_for_is_told if {
	some finding in vex_ignored.deny with input as document({"objection": "nobody vouches for it"})
	finding.message == "what acme says of vulnerabilities in vex.json does not count: nobody vouches for it"
}

test_statement_that_was_left_out_is_told if {
	some finding in vex_ignored.deny with input as document({"faults": ["/statements/0/status: `safe` is none of"]})
	finding.message == "a statement in vex.json was left out: /statements/0/status: `safe` is none of"
}

test_damaged_documents_are_told if {
	some finding in vex_ignored.deny with input as fixture.with_fields({"vex": {"documents": [], "fault": "it is cut off"}})
	contains(finding.message, "it is cut off")
}
