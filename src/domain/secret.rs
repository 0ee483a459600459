//! Secrets found in artifacts, and how they are replaced before anything leaves the gate.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;

use crate::domain::digest::Digest;
use crate::domain::place::{SourceFile, Span};

/// The secrets of one release: where they stand, and what they are.
///
/// A secret is shown as `<redacted:0123456789ab>`: a digest salted per gate, so that equal secrets can be told equal
/// and none can be guessed from a table.
#[derive(Clone, Default)]
pub struct Secrets {
    /// Longest first, so that a secret inside another does not leave the rest of it behind.
    /// Invariant: sorted by descending length, no duplicates, none empty.
    values: Vec<String>,
    salt: Vec<u8>,
}

impl Secrets {
    /// Makes the set of secrets `values`, shown with `salt`.
    ///
    /// A secret is known as well by the other ways in which a policy may write it: in base64, and escaped as JSON and
    /// JSON pointers do.
    pub fn new(mut values: Vec<String>, salt: &[u8]) -> Self {
        values.retain(|value| !value.trim().is_empty());
        let other: Vec<String> = values.iter().flat_map(|value| other_spellings(value)).collect();
        values.extend(other);
        values.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        values.dedup();
        Self { values, salt: salt.to_vec() }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// What is shown in place of `secret`.
    pub fn replacement(&self, secret: &str) -> String {
        let digest = Digest::of_parts([self.salt.as_slice(), secret.as_bytes()]).to_hex();
        format!("<redacted:{}>", digest.get(..12).unwrap_or(&digest))
    }

    /// `text` with every secret in it replaced.
    ///
    /// A secret shorter than four characters is replaced only where it stands as a word of its own, since `1` or
    /// `on` would otherwise tear every other word apart.
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.replace_all(text, |secret| self.replacement(secret))
    }

    /// As [`Secrets::redact`], but every secret is shown by the same word, whatever the salt: for fingerprints.
    pub fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.replace_all(text, |_| "<redacted>".to_owned())
    }

    fn replace_all<'t>(&self, text: &'t str, shown: impl Fn(&str) -> String) -> Cow<'t, str> {
        let mut text = Cow::Borrowed(text);
        for secret in &self.values {
            if text.contains(secret.as_str()) {
                text = Cow::Owned(replace(&text, secret, &shown(secret)));
            }
        }
        text
    }

    /// The file's text with the spans of secrets replaced, and every other occurrence of the secrets as well.
    pub fn redact_file(&self, file: &SourceFile, spans: &[Span]) -> String {
        let mut spans = spans.to_vec();
        spans.sort();
        let mut out = String::with_capacity(file.text.len());
        let mut at = 0;
        for span in spans {
            let range = span.range();
            let (Some(before), Some(secret)) =
                (file.text.get(at..range.start), file.text.get(range.clone()))
            else {
                continue;
            };
            out.push_str(&self.redact(before));
            out.push_str(&self.replacement(secret));
            at = range.end;
        }
        out.push_str(&self.redact(file.text.get(at..).unwrap_or("")));
        out
    }
}

/// Shorter texts are everyday words in base64, too.
const MIN_PACKED_BYTES: usize = 6;

/// How a secret is written elsewhere, where that differs from how it is written itself.
fn other_spellings(secret: &str) -> Vec<String> {
    let mut spellings = Vec::new();
    if secret.len() >= MIN_PACKED_BYTES {
        let packed = base64::engine::general_purpose::STANDARD.encode(secret);
        // The last character depends on what follows, so that of a longer text is another.
        let whole = packed.get(..secret.len() / 3 * 4).unwrap_or(&packed).to_owned();
        spellings.extend([packed, whole]);
    }
    if secret.contains(['"', '\\']) || secret.contains(char::is_control) {
        let escaped = serde_json::to_string(secret).unwrap_or_default();
        spellings.extend(escaped.get(1..escaped.len().saturating_sub(1)).map(str::to_owned));
    }
    if secret.contains(['~', '/']) {
        spellings.push(secret.replace('~', "~0").replace('/', "~1"));
    }
    spellings
}

fn replace(text: &str, secret: &str, shown: &str) -> String {
    let whole_words = secret.chars().count() < 4;
    let word =
        |side: Option<char>| side.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(secret) {
        out.push_str(before);
        let inside = whole_words && (word(out.chars().next_back()) || word(after.chars().next()));
        out.push_str(if inside { secret } else { shown });
        rest = after;
    }
    out.push_str(rest);
    out
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<redacted: {} secrets>", self.values.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(values: &[&str]) -> Secrets {
        Secrets::new(values.iter().map(|value| (*value).to_owned()).collect(), b"salt")
    }

    #[test]
    fn every_occurrence_is_replaced_and_equal_secrets_look_equal() {
        let shown = secrets(&["hunter22"]).redact("a hunter22 b hunter22").into_owned();
        assert!(!shown.contains("hunter22"));
        let parts: Vec<&str> = shown.split(' ').collect();
        assert_eq!(parts[1], parts[3]);
    }

    #[test]
    fn a_secret_inside_another_leaves_nothing_behind() {
        let shown =
            secrets(&["hunter", "hunter-the-second"]).redact("x hunter-the-second").into_owned();
        assert!(!shown.contains("second"));
    }

    #[test]
    fn a_short_secret_is_replaced_as_a_word_only() {
        let shown = secrets(&["on"]).redact("on condition").into_owned();
        assert!(shown.ends_with(" condition") && !shown.starts_with("on"));
    }

    #[test]
    fn a_secret_is_known_in_base64_and_escaped() {
        let known = secrets(&["a \"b\"/c\nd"]);
        for shown in [
            "a \"b\"/c\nd",
            "a \\\"b\\\"/c\\nd",
            "a \"b\"~1c\nd",
            "YSAiYiIvYwpk",
            "YSAiYiIvYwpkZQ==",
        ] {
            assert!(known.redact(shown).starts_with("<redacted:"), "{shown}");
        }
    }

    #[test]
    fn a_mask_does_not_depend_on_the_salt() {
        let other = Secrets::new(vec!["hunter22".to_owned()], b"other");
        assert_eq!(other.mask("a hunter22"), secrets(&["hunter22"]).mask("a hunter22"));
    }

    #[test]
    fn debug_shows_no_secret() {
        assert!(!format!("{:?}", secrets(&["hunter22"])).contains("hunter"));
    }

    #[test]
    fn spans_are_replaced_where_they_stand() {
        let file = SourceFile::new("a", "password: 1\nport: 1\n");
        let shown = secrets(&["1"]).redact_file(&file, &[Span::new(10, 11)]);
        assert!(shown.starts_with("password: <redacted:"));
    }
}
