//! What is a credential: by the name of a variable, or by the shape of a value.

use std::ops::Range;

/// Words that make a name the name of a credential.
const NAMES: [&str; 18] = [
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "SECRET",
    "CREDENTIAL",
    "APIKEY",
    "API_KEY",
    "PRIVATEKEY",
    "PRIVATE_KEY",
    "ACCESSKEY",
    "ACCESS_KEY",
    "ACCOUNTKEY",
    "ACCOUNT_KEY",
    "ENCRYPTIONKEY",
    "ENCRYPTION_KEY",
    "SIGNINGKEY",
    "SIGNING_KEY",
    "AUTHORIZATION",
];

/// Last words that make a name speak about a credential without being one.
const ABOUT: [&str; 44] = [
    "FILE",
    "PATH",
    "DIR",
    "DIRECTORY",
    "NAME",
    "REF",
    "URL",
    "URI",
    "ENDPOINT",
    "ISSUER",
    "AUDIENCE",
    "HEADER",
    "TYPE",
    "ALGORITHM",
    "ALG",
    "VERSION",
    "TTL",
    "AGE",
    "EXPIRY",
    "EXPIRATION",
    "EXPIRES_IN",
    "TIMEOUT",
    "INTERVAL",
    "SECONDS",
    "MINUTES",
    "HOURS",
    "DAYS",
    "LENGTH",
    "SIZE",
    "LIMIT",
    "MIN",
    "MAX",
    "COUNT",
    "ROUNDS",
    "POLICY",
    "REQUIRED",
    "ENABLED",
    "DISABLED",
    "KEY_ID",
    "PUBLIC_KEY",
    "NAMESPACE",
    "MODE",
    "PROVIDER",
    "STORE",
];

/// Whether a variable of this name holds a credential: `DB_PASSWORD`, `githubToken`, but not `PASSWORD_FILE`.
pub(super) fn names_credential(name: &str) -> bool {
    // Nearly every name is ruled out without a copy of it: joining words changes nothing within a word.
    if !mentions_credential(name) {
        return false;
    }
    let words = words(name);
    let ends_with = |word: &str| {
        words.strip_suffix(word).is_some_and(|before| before.is_empty() || before.ends_with('_'))
    };
    let named = NAMES.iter().any(|word| words.contains(word))
        || words.split('_').any(|word| word.ends_with("TOKEN"))
        || ends_with("PWD")
        || ends_with("PASS");
    named
        && !words.contains("PASSWORDLESS")
        && !words.starts_with("MAX_")
        && !ABOUT.iter().any(|word| ends_with(word))
}

/// Whether a field of this name holds a credential in its text. Fields are named after the Secret that they refer to
/// (`tlsSecret: checkout-tls`) more often than they hold one.
pub(super) fn holds_credential(field: &str) -> bool {
    if !names_credential(field) {
        return false;
    }
    let words = words(field);
    let refers = ["SECRET", "SECRETS", "CREDENTIAL", "CREDENTIALS", "AUTHORIZATION"]
        .iter()
        .any(|word| words.ends_with(word));
    !refers || words.ends_with("CLIENT_SECRET")
}

/// Whether the name of a credential may stand somewhere in a text; told without a copy of it.
pub(super) fn mentions_credential(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().any(|(at, first)| {
        let hints: &[&[u8]] = match first.to_ascii_lowercase() {
            b'p' => &[b"pass", b"pwd"],
            b't' => &[b"token"],
            b'k' => &[b"key"],
            b's' => &[b"secret"],
            b'c' => &[b"cred"],
            b'a' => &[b"auth"],
            _ => return false,
        };
        let begins = |hint: &&[u8]| {
            let word = bytes.get(at..at + hint.len());
            word.is_some_and(|word| word.eq_ignore_ascii_case(hint))
        };
        hints.iter().any(begins)
    })
}

/// The name in upper case, its words joined by `_`.
fn words(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    let mut last = '_';
    for char in name.chars() {
        if char.is_ascii_uppercase() && (last.is_ascii_lowercase() || last.is_ascii_digit()) {
            words.push('_');
        }
        words.push(if matches!(char, '-' | '.' | '/') { '_' } else { char.to_ascii_uppercase() });
        last = char;
    }
    words
}

/// Whether a value is written out: neither empty, nor a switch, nor a reference to another variable.
pub(super) fn is_literal(value: &str) -> bool {
    let value = value.trim();
    let is_switch =
        ["true", "false", "yes", "no", "on", "off", "enabled", "disabled", "none", "null"]
            .iter()
            .any(|word| value.eq_ignore_ascii_case(word));
    let within = |open: &str, close: char| {
        value
            .strip_prefix(open)
            .and_then(|rest| rest.strip_suffix(close))
            .is_some_and(|name| !name.contains(['(', ')', '{', '}', '$']))
    };
    !value.is_empty() && !is_switch && !within("$(", ')') && !within("${", '}')
}

/// A token that is known by how it begins: the least number of characters behind the beginning.
const TOKENS: [(&str, usize); 19] = [
    ("AKIA", 16),
    ("ASIA", 16),
    ("AIza", 30),
    ("ghp_", 20),
    ("gho_", 20),
    ("ghs_", 20),
    ("ghu_", 20),
    ("ghr_", 20),
    ("github_pat_", 20),
    ("glpat-", 16),
    ("xoxa-", 10),
    ("xoxb-", 10),
    ("xoxe-", 10),
    ("xoxo-", 10),
    ("xoxp-", 10),
    ("xoxr-", 10),
    ("xoxs-", 10),
    ("sk_live_", 16),
    ("rk_live_", 16),
];

/// Calls `found` with the range of every well-known credential in a text, in order, without overlap.
pub(super) fn shapes(text: &str, found: &mut dyn FnMut(Range<usize>)) {
    if text.len() < 8 {
        return;
    }
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let range = match byte {
            b'A' | b'g' | b'x' | b's' | b'r' | b'e' | b'B' | b'b' if begins_word(bytes, at) => {
                token(text, at)
            }
            b':' => password_of_url(text, at),
            b'-' => private_key(text, at),
            _ => None,
        };
        match range {
            Some(range) => {
                at = range.end.max(at + 1);
                found(range);
            }
            None => at += 1,
        }
    }
}

fn begins_word(bytes: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| bytes.get(before));
    before.is_none_or(|before| !before.is_ascii_alphanumeric())
}

/// The token that begins at `at`, if one does.
fn token(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = text.get(at..)?;
    let run = |rest: &str| {
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.+/=~".contains(byte);
        rest.bytes().take_while(|byte| is_part(byte)).count()
    };
    if let Some(behind) = rest.strip_prefix("eyJ") {
        let length = run(behind);
        let is_token = length > 16 && behind.get(..length)?.contains('.');
        return is_token.then_some(at..at + 3 + length);
    }
    for scheme in ["Bearer ", "bearer ", "Basic ", "basic "] {
        let Some(behind) = rest.strip_prefix(scheme) else { continue };
        let start = at + scheme.len() + (behind.len() - behind.trim_start().len());
        let length = run(behind.trim_start());
        let secret = text.get(start..start + length)?;
        let is_token =
            length >= 12 && secret.bytes().any(|byte| byte.is_ascii_digit() || byte == b'=');
        return is_token.then_some(start..start + length);
    }
    let (start, least) = TOKENS.iter().find(|(start, _)| rest.starts_with(start))?;
    let behind = rest.get(start.len()..)?;
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let length = behind.bytes().take_while(|byte| is_part(byte)).count();
    (length >= *least).then_some(at..at + start.len() + length)
}

/// The password in `://user:password@` whose `://` stands at `at`.
fn password_of_url(text: &str, at: usize) -> Option<Range<usize>> {
    let behind = text.get(at..)?.strip_prefix("://")?;
    let ends = |char: char| char.is_whitespace() || matches!(char, '/' | '"' | '\'' | '<' | '>');
    let authority = behind.split(ends).next()?;
    let (user, _) = authority.rsplit_once('@')?;
    let (name, password) = user.split_once(':')?;
    let start = at + 3 + name.len() + 1;
    is_literal(password).then_some(start..start + password.len())
}

/// The private key in PEM whose `-----BEGIN` stands at `at`.
fn private_key(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = text.get(at..)?;
    let title = rest.strip_prefix("-----BEGIN ")?.split("-----").next()?;
    if !title.contains("PRIVATE KEY") || title.len() > 64 {
        return None;
    }
    let end = rest.find("-----END ").and_then(|end| {
        let behind = rest.get(end + 9..)?;
        Some(end + 9 + behind.find("-----")? + 5)
    });
    Some(at..at + end.unwrap_or(rest.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_credentials_are_told_from_names_about_them() {
        for name in [
            "DB_PASSWORD",
            "githubToken",
            "API_KEY",
            "apiKey",
            "SECRET",
            "AWS_SECRET_ACCESS_KEY",
            "DB_PASS",
            "TOKEN",
            "client-secret",
            "tls.privateKey",
            "ENCRYPTION_KEY",
            "REDIS_PWD",
        ] {
            assert!(names_credential(name), "{name}");
        }
        for name in [
            "PASSWORD_FILE",
            "TOKEN_TTL",
            "SECRET_NAME",
            "secretName",
            "PORT",
            "TOKENIZER",
            "COMPASS",
            "AWS_ACCESS_KEY_ID",
            "MAX_TOKENS",
            "tokenPath",
            "",
            "PASSWORD_MIN",
        ] {
            assert!(!names_credential(name), "{name}");
        }
    }

    #[test]
    fn fields_that_refer_to_a_secret_hold_none() {
        for field in
            ["password", "adminPassword", "clientSecret", "example.org/api-token", "apiKey"]
        {
            assert!(holds_credential(field), "{field}");
        }
        for field in
            ["tlsSecret", "existingSecret", "secretName", "authorization", "image", "tokenTtl"]
        {
            assert!(!holds_credential(field), "{field}");
        }
    }

    #[test]
    fn ordinary_text_has_no_credential_in_it() {
        let text = "Basic authentication, https://example.org/a:b@c eyJust bearer of news -----BEGIN CERTIFICATE----- see AKIA gh_x é://ü";
        shapes(text, &mut |range| panic!("{:?}", text.get(range)));
    }
}
