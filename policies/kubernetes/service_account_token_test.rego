package goldgate.kubernetes.service_account_token_test

import data.goldgate.kubernetes.service_account_token
import data.goldgate.lib.fixture_test as fixture

mounting(value) := fixture.about(object.union(
	fixture.workload("Deployment", "/spec/template/spec", {}),
	{"automount_service_account_token": value},
))

test_pod_without_token_is_allowed if {
	count(service_account_token.deny) == 0 with input as mounting(false)
}

test_token_that_is_mounted_by_default_is_denied if {
	some finding in service_account_token.deny with input as fixture.cron_job({})
	finding.message == "a token of the Kubernetes API is mounted: automountServiceAccountToken is not false"
	finding.path == "/spec/jobTemplate/spec/template/spec/automountServiceAccountToken"
}

test_token_that_is_asked_for_is_denied if {
	count(service_account_token.deny) == 1 with input as mounting(true)
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(service_account_token.deny) with input as document
	}
}
