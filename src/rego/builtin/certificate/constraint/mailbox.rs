//! Addresses of mail, as they stand in certificates.
//!
//! Source: RFC 2821, section 4.1.2; RFC 3696, section 3, whose blank in quotes and backslash outside of them Go takes too.

use super::{Side, is_below, is_domain};

/// An address taken apart: the part before `@` without quotes, the domain in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mailbox {
    local: String,
    pub(super) domain: String,
}

impl Mailbox {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (local, domain) = match text.strip_prefix('"') {
            Some(rest) => quoted(rest)?,
            None => plain(text)?,
        };
        let domain = domain.strip_prefix('@')?;
        is_domain(domain, false).then(|| Self { local, domain: domain.to_ascii_lowercase() })
    }

    /// Whether one of the constraints is this address, its domain, or a domain above.
    pub(super) fn is_one_of(&self, constraints: &[&str], side: Side) -> bool {
        let (whole, domains): (Vec<&str>, Vec<&str>) =
            constraints.iter().partition(|constraint| constraint.contains('@'));
        whole.iter().any(|whole| Self::parse(whole).as_ref() == Some(self))
            || is_below(&self.domain, &domains, side)
    }
}

/// The text up to the closing quote, and what is behind it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut local = String::new();
    let mut chars = text.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Some((local, text.get(at + 1..)?)),
            '\\' => {
                let escaped = chars.next()?.1;
                let is_text = escaped.is_ascii() && !matches!(escaped, '\0' | '\n' | '\r');
                local.push(Some(escaped).filter(|_| is_text)?);
            }
            '\0' | '\t' | '\n' | '\r' => return None,
            char if char.is_ascii() => local.push(char),
            _ => return None,
        }
    }
    None
}

/// Words joined by single dots, and what is behind them.
fn plain(text: &str) -> Option<(String, &str)> {
    let mut local = String::new();
    let mut chars = text.char_indices();
    let mut end = text.len();
    while let Some((at, char)) = chars.next() {
        match char {
            '\\' => local.push(chars.next()?.1),
            char if char.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(char) => {
                local.push(char);
            }
            _ => {
                end = at;
                break;
            }
        }
    }
    let has_lone_dot = local.starts_with('.') || local.ends_with('.') || local.contains("..");
    (!local.is_empty() && !has_lone_dot).then_some((local, text.get(end..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_with_and_without_quotes() {
        let parse = |text: &str| Mailbox::parse(text).map(|it| (it.local, it.domain));
        assert_eq!(parse("a.b@EXAMPLE.com"), Some(("a.b".into(), "example.com".into())));
        assert_eq!(parse(r#""a b\"@"@x.y"#), Some(("a b\"@".into(), "x.y".into())));
        assert_eq!(parse(r"a\@b@x.y"), Some(("a@b".into(), "x.y".into())));
        for bad in ["", "a", "@x.y", ".a@x", "a.@x", "a..b@x", "a@x.", "\"a@x", "a b@x"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
