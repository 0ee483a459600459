package goldgate.kubernetes.secret_in_env_test

import data.goldgate.kubernetes.secret_in_env
import data.goldgate.lib.fixture_test as fixture

with_env(env) := fixture.containers([{"name": "web", "env": env}])

test_reference_to_a_secret_is_allowed if {
	document := with_env([{"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}])
	count(secret_in_env.deny) == 0 with input as document
}

test_ordinary_value_is_allowed if {
	document := with_env([{"name": "LOG_LEVEL", "value": "debug"}, {"name": "DB_PASSWORD_FILE", "value": "/run/secrets/db"}])
	count(secret_in_env.deny) == 0 with input as document
}

test_password_is_denied if {
	some finding in secret_in_env.deny with input as with_env([{"name": "LOG_LEVEL"}, {"name": "DB_PASSWORD", "value": "hunter2"}])
	finding.message == `container "web" has a credential in plain text: DB_PASSWORD`
	finding.path == "/spec/template/spec/containers/0/env/1/value"
}

test_value_that_looks_like_a_credential_is_denied if {
	document := with_env([{"name": "DATABASE", "value": "postgres://app:hunter2@db/shop"}])
	some finding in secret_in_env.deny with input as document
	finding.message == `container "web" has a value that looks like a URL with a password: DATABASE`
	finding.path == "/spec/template/spec/containers/0/env/0/value"
}

test_credential_by_name_and_value_is_one_finding if {
	document := with_env([{"name": "AWS_ACCESS_KEY", "value": "AKIAABCDEFGHIJKLMNOP"}])
	count(secret_in_env.deny) == 1 with input as document
}

test_value_without_name_is_looked_at_too if {
	count(secret_in_env.deny) == 1 with input as with_env([{"value": "-----BEGIN EC PRIVATE KEY-----"}])
}

test_finding_never_holds_the_value if {
	document := with_env([{"name": "API_KEY", "value": "hunter2"}, {"name": "URL", "value": "amqp://a:hunter2@mq"}])
	written := json.marshal(secret_in_env.deny) with input as document
	not contains(written, "hunter2")
}

test_every_kind_of_container_is_looked_at if {
	env := [{"name": "TOKEN", "value": "abc"}]
	document := fixture.containers([{"kind": kind, "env": env} | some kind in ["init", "sidecar", "ephemeral"]])
	count(secret_in_env.deny) == 3 with input as document
}

test_entry_of_a_wrong_type_is_no_error if {
	document := with_env([null, "TOKEN", 7, [], {"name": 7, "value": 7}, {"name": "TOKEN", "value": {}}])
	count(secret_in_env.deny) == 0 with input as document
}

test_wrong_types_are_no_error if {
	every document in fixture.hostile {
		is_set(secret_in_env.deny) with input as document
	}
}
