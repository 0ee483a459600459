//! Patterns of identities: whole texts only.

use std::fmt;

use regex::{Regex, RegexBuilder};

/// What a text must be.
#[derive(Clone, Debug)]
pub enum TextPattern {
    /// This text.
    Exact(String),
    /// A text that the expression matches from its first to its last character.
    Regex(AnchoredRegex),
}

impl TextPattern {
    /// Whether `text` is what it must be.
    pub fn matches(&self, text: &str) -> bool {
        match self {
            Self::Exact(wanted) => wanted == text,
            Self::Regex(regex) => regex.matches(text),
        }
    }
}

impl fmt::Display for TextPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(text) => f.write_str(text),
            Self::Regex(regex) => write!(f, "/{}/", regex.written),
        }
    }
}

/// A regular expression that matches whole texts only, in time linear in the text.
#[derive(Clone)]
pub struct AnchoredRegex {
    written: String,
    /// Invariant: `\A(?:written)\z`, where `written` is an expression of its own.
    compiled: Regex,
}

/// Patterns of identities are short; a larger program is a mistake or an attack.
const MAX_COMPILED_BYTES: usize = 1 << 20;

impl AnchoredRegex {
    /// Compiles `written`.
    ///
    /// # Errors
    /// Why it is not an expression, or that it is too large.
    pub fn new(written: &str) -> Result<Self, String> {
        let compile = |text: &str| {
            RegexBuilder::new(text)
                .size_limit(MAX_COMPILED_BYTES)
                .build()
                .map_err(|cause| cause.to_string())
        };
        // Alone first: `a)|(b` is no expression, and becomes one between our parentheses that is not anchored.
        compile(written)?;
        let compiled = compile(&format!("\\A(?:{written})\\z"))?;
        Ok(Self { written: written.to_owned(), compiled })
    }

    /// Whether it matches all of `text`.
    pub fn matches(&self, text: &str) -> bool {
        self.compiled.is_match(text)
    }

    /// The expression as written.
    pub fn as_str(&self) -> &str {
        &self.written
    }
}

impl fmt::Debug for AnchoredRegex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/", self.written)
    }
}
