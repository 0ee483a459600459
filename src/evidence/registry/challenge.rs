//! What a registry asks for in `WWW-Authenticate`.

/// A way to authenticate that a registry offers and the gate knows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Challenge {
    /// A token from the realm.
    Bearer {
        /// The address of the token server.
        realm: String,
        /// The name under which the token server knows the registry.
        service: Option<String>,
    },
    /// User name and password.
    Basic,
}

/// The strongest challenge of a header: a token before a password.
///
/// Source: RFC 9110, section 11; distribution's "Token Authentication Specification". The scope a registry names is not
/// read: the gate asks for `pull` of the repository it looks at and for nothing else.
pub(super) fn strongest(header: &str) -> Option<Challenge> {
    let challenges = challenges(header);
    let bearer = challenges.iter().find(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let token = bearer.and_then(|(_, parameters)| {
        let value = |name: &str| {
            let found = parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.clone())
        };
        Some(Challenge::Bearer { realm: value("realm")?, service: value("service") })
    });
    let basic = challenges.iter().any(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"));
    token.or(basic.then_some(Challenge::Basic))
}

type Parameters = Vec<(String, String)>;

/// Reads `Scheme name=value, name="value", Scheme …`.
fn challenges(header: &str) -> Vec<(String, Parameters)> {
    let mut found: Vec<(String, Parameters)> = Vec::new();
    let mut rest = header.trim_start();
    while !rest.is_empty() {
        let (word, behind) = split_word(rest);
        if word.is_empty() {
            // Not a word: step over one character, as separators are stepped over.
            let mut chars = rest.chars();
            chars.next();
            rest = chars.as_str().trim_start();
            continue;
        }
        let Some(value) = behind.trim_start().strip_prefix('=') else {
            found.push((word.to_owned(), Parameters::new()));
            rest = behind.trim_start();
            continue;
        };
        let (value, behind) = split_value(value.trim_start());
        if let Some((_, parameters)) = found.last_mut() {
            parameters.push((word.to_owned(), value));
        }
        rest = behind.trim_start();
    }
    found
}

fn split_word(text: &str) -> (&str, &str) {
    let end = text
        .find(|char: char| !(char.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(char)))
        .unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// A quoted value with its escapes undone, or everything up to a comma or blank.
fn split_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ', '\t']).unwrap_or(text.len());
        let (value, rest) = text.split_at_checked(end).unwrap_or((text, ""));
        return (value.to_owned(), rest);
    };
    let (mut value, mut chars) = (String::new(), quoted.chars());
    while let Some(char) = chars.next() {
        match char {
            '"' => break,
            '\\' => value.extend(chars.next()),
            other => value.push(other),
        }
    }
    (value, chars.as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bearer(realm: &str, service: Option<&str>) -> Challenge {
        Challenge::Bearer { realm: realm.to_owned(), service: service.map(str::to_owned) }
    }

    #[test]
    fn what_registries_send_is_understood() {
        for (header, challenge) in [
            (
                "Bearer realm=\"https://auth.example/token\",service=\"registry.example\",scope=\"repository:a/b:pull,push\"",
                Some(bearer("https://auth.example/token", Some("registry.example"))),
            ),
            ("bearer service=x, realm=https://a/t", Some(bearer("https://a/t", Some("x")))),
            ("Basic realm=\"a\\\"b\"", Some(Challenge::Basic)),
            ("Basic", Some(Challenge::Basic)),
            ("Basic realm=\"x\", Bearer realm=\"https://a/t\"", Some(bearer("https://a/t", None))),
            ("Bearer service=\"x\", Basic realm=\"y\"", Some(Challenge::Basic)),
            ("Bearer", None),
            ("Negotiate", None),
            ("=,\"", None),
            ("", None),
        ] {
            assert_eq!(strongest(header), challenge, "{header}");
        }
    }

    proptest! {
        #[test]
        fn a_challenge_shown_reads_back(realm in "[a-z:/?=&.]{1,30}", service in "[ -~]{0,20}") {
            let quoted = service.replace('\\', "\\\\").replace('"', "\\\"");
            let header = format!("Digest a=b, Bearer realm=\"{realm}\" , service=\"{quoted}\"");
            prop_assert_eq!(strongest(&header), Some(bearer(&realm, Some(&service))));
        }

        #[test]
        fn no_text_makes_it_panic(text in "[a-zA-Z=\",\\\\ é]{0,60}|\\PC{0,60}") {
            let _read = strongest(&text);
        }
    }
}
