//! Texts: of a JSON document that are read into structures of one's own, borrowed from the document, and words in them.
//!
//! `serde` borrows a bare `Cow<str>` but copies one that stands in an `Option`; a bill of materials has tens of thousands.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

/// Whether `word` stands somewhere in `text`. Whole files are searched for several words each before they are read, which
/// is several times faster so than with [`str::contains`].
pub fn holds(text: &str, word: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some()
}

/// What `serde_json` says of a text, in words for whoever wrote it; without the place.
pub fn reason(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or(&message);
    if error.is_eof() {
        return "the text ends in the middle: it is cut off".to_owned();
    }
    if message == "recursion limit exceeded" {
        return format!("it is nested deeper than {MAX_DEPTH} levels");
    }
    match message.strip_prefix("duplicate field ") {
        Some(key) => format!("the key {key} stands twice in one object"),
        None => message.to_owned(),
    }
}

/// What `serde_json` reads without a change of its limit.
const MAX_DEPTH: usize = 127;

/// A text, copied only where it is written with escapes.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<'t>(Cow<'t, str>);

impl<'t> Text<'t> {
    /// The text as one that lives on.
    pub fn into_owned(self) -> String {
        self.0.into_owned()
    }

    /// The text as it lies in the document, or its copy.
    pub fn into_cow(self) -> Cow<'t, str> {
        self.0
    }
}

impl<'de: 't, 't> Deserialize<'de> for Text<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(text)))
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Text<'_> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl<'t> From<&'t str> for Text<'t> {
    fn from(text: &'t str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Self(Cow::Owned(text))
    }
}

impl From<Text<'_>> for Arc<str> {
    fn from(text: Text<'_>) -> Self {
        Self::from(text.0)
    }
}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Text<'_> {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_told_without_the_words_of_a_parser() {
        #[derive(Debug, Deserialize)]
        struct Read {
            #[serde(rename = "key")]
            _key: i64,
        }
        let deep = format!("{}{}", "[".repeat(MAX_DEPTH + 1), "]".repeat(MAX_DEPTH + 1));
        let nested = serde_json::from_str::<serde_json::Value>(&deep).unwrap_err();
        assert_eq!(reason(&nested), "it is nested deeper than 127 levels");
        let deep = deep.get(1..deep.len() - 1).unwrap();
        assert!(serde_json::from_str::<serde_json::Value>(deep).is_ok());
        for (text, told) in [
            (r#"{"key": "#, "the text ends in the middle: it is cut off"),
            (r#"{"key": 1, "key": 2}"#, "the key `key` stands twice in one object"),
            (r#"{"key": true}"#, "invalid type: boolean `true`, expected i64"),
        ] {
            assert_eq!(reason(&serde_json::from_str::<Read>(text).unwrap_err()), told);
        }
    }

    #[test]
    fn a_text_is_borrowed_unless_it_has_escapes() {
        let read: Vec<Option<Text<'_>>> =
            serde_json::from_str(r#"["plain", "a\tb", null]"#).unwrap();
        let borrowed = |text: &Option<Text<'_>>| {
            text.as_ref().map(|text| matches!(text.clone().into_cow(), Cow::Borrowed(_)))
        };
        assert_eq!(read.iter().map(borrowed).collect::<Vec<_>>(), [Some(true), Some(false), None]);
        assert_eq!(read[1].as_deref(), Some("a\tb"));
    }
}
