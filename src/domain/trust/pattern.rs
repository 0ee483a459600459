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
                .map_err(|cause| reason(&cause))
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

/// Why it is no expression, in one line: the library draws the place under the text.
fn reason(cause: &regex::Error) -> String {
    let drawn = cause.to_string();
    let last = drawn.lines().last().unwrap_or_default();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}

impl fmt::Debug for AnchoredRegex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/", self.written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(written: &str, text: &str) -> bool {
        AnchoredRegex::new(written).unwrap().matches(text)
    }

    #[test]
    fn a_part_of_a_text_does_not_match() {
        let wanted = r"https://github\.com/acme/.*";
        assert!(matches(wanted, "https://github.com/acme/app"));
        assert!(!matches(wanted, "https://evil.example/?https://github.com/acme/app"));
        assert!(!matches("acme", "acme-evil"));
        assert!(!matches("a|b", "ax"));
    }

    #[test]
    fn anchors_of_its_own_do_no_harm() {
        assert!(matches("^a.*$", "abc"));
        assert!(!matches("^a.*$", "xabc"));
    }

    #[test]
    fn no_flag_and_no_line_break_opens_the_ends() {
        assert!(!matches("(?m)^a$", "a\nb"));
        assert!(!matches("(?m)^a$", "b\na"));
        assert!(!matches("a", "a\n"));
        assert!(!matches("a$", "a\n"));
        assert!(AnchoredRegex::new("(?x)a # b").is_err());
    }

    #[test]
    fn what_is_no_expression_alone_is_refused() {
        assert!(AnchoredRegex::new("a)|(b").is_err());
        assert_eq!(AnchoredRegex::new("(").unwrap_err(), "unclosed group");
    }

    #[test]
    fn an_expression_that_grows_beyond_bounds_is_refused() {
        assert!(AnchoredRegex::new("((a{1000}){1000}){10}").is_err());
    }

    #[test]
    fn an_exact_text_is_no_pattern() {
        assert!(!TextPattern::Exact("a.c".to_owned()).matches("abc"));
    }
}
