package goldgate.lib.credential_test

import data.goldgate.lib.credential

test_names_of_credentials_are_known if {
	every name in [
		"PASSWORD",
		"DB_PASSWORD",
		"PGPASSWORD",
		"MYSQL_ROOT_PASSWORD",
		"dbPassword",
		"DB_PWD",
		"SMTP_PASS",
		"REDIS_PASSPHRASE",
		"GITHUB_TOKEN",
		"githubToken",
		"AUTHTOKEN",
		"CLIENT_SECRET",
		"AWS_SECRET_ACCESS_KEY",
		"API_KEY",
		"STRIPE_APIKEY",
		"apiKey",
		"SSH_PRIVATE_KEY",
		"STORAGE_ACCOUNT_KEY",
		"GOOGLE_CREDENTIALS",
	] {
		credential.is_name(name)
	}
}

test_names_that_only_speak_about_credentials_are_not if {
	every name in [
		"PWD",
		"LOG_LEVEL",
		"PASSWORD_FILE",
		"TOKEN_TTL",
		"TOKEN_URL",
		"SECRET_NAME",
		"PASSWORD_MIN_LENGTH",
		"AWS_ACCESS_KEY_ID",
		"TOKENIZER",
		"MAX_TOKENS",
		"MAX_TOKEN",
		"PASSWORDLESS_LOGIN",
		"BYPASS",
		"COMPASS_URL",
		"GOOGLE_APPLICATION_CREDENTIALS_PATH",
	] {
		not credential.is_name(name)
	}
}

test_switches_and_references_are_no_literals if {
	every value in ["", "true", "No", "$(DB_PASSWORD)", "${DB_PASSWORD}"] {
		not credential.is_literal(value)
	}
	credential.is_literal("hunter2")
	credential.is_literal("12345")
}

test_values_are_known_by_their_shape if {
	every kind, value in {
		"a private key": "-----BEGIN OPENSSH PRIVATE KEY-----",
		"an AWS access key": "AKIAABCDEFGHIJKLMNOP",
		"a GitHub token": concat("", ["ghp_", "abcdefghijklmnopqrstuvwxyz0123456789"]),
		"a GitLab token": concat("", ["glpat-", "abcdefghijklmnopqrst"]),
		"a Google API key": concat("", ["AIza", "abcdefghijklmnopqrstuvwxyz012345678"]),
		"a Slack token": concat("", ["xoxb-", "0123456789-abc"]),
		"a Stripe key": concat("", ["sk_live_", "abcdefghijklmnop"]),
		"a JSON web token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2ln",
		"a URL with a password": "redis://:hunter2@cache:6379",
	} {
		credential.value_kinds(value) == [kind]
	}
}

test_ordinary_values_look_like_nothing if {
	every value in [
		"debug",
		"https://shop.example/a:b@c",
		"postgres://app:$(DB_PASSWORD)@db/shop",
		"postgres://app@db/shop",
		"http://localhost:8080/path",
		"-----BEGIN CERTIFICATE-----",
	] {
		credential.value_kinds(value) == []
	}
}
