//! Gathering the faults of one file.

use std::sync::Arc;

use crate::domain::place::{SourceFile, Span};
use crate::rego::fault::Fault;

/// The kind of a fault, as OPA names it in machine-readable output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// The text is no Rego.
    Parse,
    /// The text is Rego, but its names or rules do not fit.
    Compile,
    /// A variable is never bound.
    UnsafeVar,
    /// Types, arities or kinds of rules do not fit.
    Type,
    /// A rule needs itself.
    Recursion,
    /// The text is beyond a bound.
    Limit,
}

impl Code {
    /// The code in front of the message.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Parse => "rego_parse_error",
            Self::Compile => "rego_compile_error",
            Self::UnsafeVar => "rego_unsafe_var_error",
            Self::Type => "rego_type_error",
            Self::Recursion => "rego_recursion_error",
            Self::Limit => "rego_limit_error",
        }
    }
}

/// The faults of one file, at most so many.
#[derive(Debug)]
pub(crate) struct Report<'f> {
    file: &'f Arc<SourceFile>,
    pub(crate) faults: Vec<Fault>,
}

/// Beyond so many faults a file is not Rego, and nobody reads on.
const MAX_FAULTS: usize = 50;

impl<'f> Report<'f> {
    pub(crate) fn new(file: &'f Arc<SourceFile>) -> Self {
        Self { file, faults: Vec::new() }
    }

    /// Where `word` first stands alone, and not as a step, within `span`; all of `span` where it does not.
    pub(crate) fn word_in(&self, span: Span, word: &str) -> Span {
        self.word(span, word, |before| before != Some('.'))
    }

    /// Where `word` first stands as a step (`.word`, `["word"]`) within `span`; all of `span` where it does not.
    pub(crate) fn step_in(&self, span: Span, word: &str) -> Span {
        self.word(span, word, |before| matches!(before, Some('.' | '"')))
    }

    fn word(&self, span: Span, word: &str, fits: fn(Option<char>) -> bool) -> Span {
        let text = self.file.text.get(span.range()).unwrap_or("");
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let alone = |at: &usize| {
            let before = text.get(..*at).and_then(|text| text.chars().next_back());
            let behind = text.get(at + word.len()..).and_then(|text| text.chars().next());
            !before.is_some_and(is_part) && !behind.is_some_and(is_part) && fits(before)
        };
        let found = text.match_indices(word).map(|(at, _)| at).find(alone);
        let start = |at: usize| span.start as usize + at;
        found.map_or(span, |at| Span::new(start(at), start(at) + word.len()))
    }

    /// Adds a fault, unless there are too many.
    pub(crate) fn fault(&mut self, code: Code, span: Span, message: impl AsRef<str>) -> Added<'_> {
        let message = format!("{}: {}", code.name(), message.as_ref());
        if self.faults.len() >= MAX_FAULTS {
            return Added(None);
        }
        self.faults.push(Fault::new(self.file, span, message));
        Added(self.faults.last_mut())
    }
}

/// The fault that was added last.
#[derive(Debug)]
pub(crate) struct Added<'r>(Option<&'r mut Fault>);

impl Added<'_> {
    /// Says what to write instead.
    pub(crate) fn help(self, help: impl Into<String>) {
        if let Some(fault) = self.0 {
            fault.help = Some(help.into());
        }
    }

    /// Names another place of the same file.
    pub(crate) fn related(self, span: Span, label: &str) -> Self {
        let Self(Some(fault)) = self else { return self };
        let file = Arc::clone(&fault.file);
        fault.related = Some(crate::rego::fault::Related { file, span, label: label.to_owned() });
        Self(Some(fault))
    }
}
