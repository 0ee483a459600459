# What is a credential: by the name of a variable, or by the shape of a value. No function here returns the value.
package goldgate.lib.credential

# `DB_PASSWORD`, `githubToken` and `API_KEY` name credentials; `PASSWORD_FILE` and `TOKEN_TTL` only speak about one.
is_name(name) if {
	is_string(name)
	words := upper(regex.replace(name, `([a-z0-9])([A-Z])`, "${1}_${2}"))
	regex.match(name_pattern, words)
	not regex.match(about_pattern, words)
}

# A value that is written out, neither a switch nor a reference to another variable.
is_literal(value) if {
	is_string(value)
	not value == ""
	not regex.match(`^(?i:true|false|yes|no|on|off|enabled|disabled|none|null)$`, value)
	not regex.match(`^\$(\([^)]*\)|\{[^}]*\})$`, value)
}

# Which well-known credentials a value looks like.
value_kinds(value) := [kind |
	is_string(value)
	some kind, pattern in value_patterns
	regex.match(pattern, without_references(value))
]

# `postgres://app:$(DB_PASSWORD)@db` is how it should be written.
without_references(value) := regex.replace(value, `\$\([A-Za-z0-9_.-]+\)`, "")

name_pattern := concat("|", [
	`PASSWORD|PASSWD|PASSPHRASE|SECRET|CREDENTIAL|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|ACCOUNT_?KEY`,
	`ENCRYPTION_?KEY|SIGNING_?KEY|TOKEN([-_.]|$)|[-_.](PWD|PASS)$`,
])

about_pattern := concat("|", [
	`[-_.](FILE|PATH|DIR|DIRECTORY|NAME|REF|URL|URI|ENDPOINT|ISSUER|AUDIENCE|HEADER|TYPE|ALGORITHM|ALG|VERSION)$`,
	`[-_.](TTL|AGE|EXPIRY|EXPIRATION|EXPIRES_IN|TIMEOUT|INTERVAL|SECONDS|MINUTES|HOURS|DAYS)$`,
	`[-_.](LENGTH|SIZE|LIMIT|MIN|MAX|COUNT|ROUNDS|POLICY|REQUIRED|ENABLED|DISABLED|KEY_ID|PUBLIC_KEY)$`,
	`^MAX[-_.]|PASSWORDLESS`,
])

value_patterns := {
	"a private key": `-----BEGIN [A-Z0-9 ]*PRIVATE KEY`,
	"an AWS access key": `(^|[^A-Z0-9])(AKIA|ASIA)[A-Z0-9]{16}([^A-Z0-9]|$)`,
	"a GitHub token": `(^|[^A-Za-z0-9])(gh[opsur]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22})`,
	"a GitLab token": `(^|[^A-Za-z0-9])glpat-[A-Za-z0-9_-]{20}`,
	"a Google API key": `(^|[^A-Za-z0-9])AIza[A-Za-z0-9_-]{35}`,
	"a Slack token": `(^|[^A-Za-z0-9])xox[abeoprs]-[A-Za-z0-9-]{10}`,
	"a Stripe key": `(^|[^A-Za-z0-9])[rs]k_live_[A-Za-z0-9]{16}`,
	"a JSON web token": `(^|[^A-Za-z0-9])eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.`,
	"a URL with a password": `://[^/\s:@]*:[^/\s@]+@`,
}
