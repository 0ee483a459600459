package team.contact_test

import data.team.contact

workload(annotations) := {"workload": {
	"kind": "Deployment",
	"name": "checkout",
	"annotations": annotations,
}}

test_a_workload_with_a_contact_passes if {
	count(contact.deny) == 0 with input as workload({"contact": "#team-shop"})
}

test_a_workload_without_a_contact_is_found if {
	some finding in contact.deny with input as workload({})
	finding.message == `Deployment "checkout" names no contact`
}
