//! The one error type: what the caller may read, and what only we may read, kept apart.

use std::error::Error as StdError;
use std::fmt;

/// What went wrong, in a way that each transport maps to its own status (ARCHITECTURE.md, "Errors").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorKind {
    /// The caller sent something that is not right; sending it again will not help.
    Invalid,
    /// The caller did not say who they are.
    Unauthenticated,
    /// The caller may not do this.
    Forbidden,
    /// There is no such thing, or the caller may not know of it.
    NotFound,
    /// Something changed meanwhile, or an idempotency key was used for another request.
    Conflict,
    /// The input is larger than a limit.
    TooLarge,
    /// There is no room for this now; later there will be.
    Exhausted,
    /// A part that is needed cannot be reached; a retry may help.
    Unavailable,
    /// The time budget was used up.
    Deadline,
    /// A defect of ours.
    Internal,
}

impl ErrorKind {
    /// Every kind, for tables and ratchets.
    pub const ALL: [Self; 10] = [
        Self::Invalid,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::NotFound,
        Self::Conflict,
        Self::TooLarge,
        Self::Exhausted,
        Self::Unavailable,
        Self::Deadline,
        Self::Internal,
    ];

    /// The word of the JSON error body (`"kind"`).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::TooLarge => "too_large",
            Self::Exhausted => "exhausted",
            Self::Unavailable => "unavailable",
            Self::Deadline => "deadline",
            Self::Internal => "internal",
        }
    }
}

/// A failure to decide. A deny is never an error.
///
/// It has two messages on purpose and no `Display` that mixes them: [`Error::external`] goes to the caller,
/// [`Error::internal`] goes to our log.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    external: String,
    internal: Option<String>,
    field: Option<String>,
    help: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// Makes an error of `kind` whose message the caller may read.
    pub fn new(kind: ErrorKind, external: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            external: external.into(),
            internal: None,
            field: None,
            help: None,
            source: None,
        }))
    }

    /// The caller's input is wrong.
    pub fn invalid(external: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, external)
    }

    /// There is no such thing: `Error::not_found("decision", id)`.
    pub fn not_found(what: &str, id: impl fmt::Display) -> Self {
        Self::new(ErrorKind::NotFound, format!("there is no {what} `{id}`"))
    }

    /// An input beyond a limit.
    pub fn too_large(external: impl Into<String>) -> Self {
        Self::new(ErrorKind::TooLarge, external)
    }

    /// A part that is needed cannot be reached; `internal` says which and why.
    pub fn unavailable(external: impl Into<String>, internal: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unavailable, external).with_internal(internal)
    }

    /// A defect of ours: the caller reads a fixed text only.
    pub fn internal_fault(internal: impl Into<String>) -> Self {
        Self::new(
            ErrorKind::Internal,
            "the gate failed; the request id leads to the cause in its log",
        )
        .with_internal(internal)
    }

    /// Names the field of the request that is wrong (`artifacts[0].path`).
    #[must_use]
    pub fn with_field(mut self, field: impl Into<String>) -> Self {
        self.0.field = Some(field.into());
        self
    }

    /// Says what to type or write next.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// Adds what only we may read.
    #[must_use]
    pub fn with_internal(mut self, internal: impl Into<String>) -> Self {
        self.0.internal = Some(internal.into());
        self
    }

    /// Keeps the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// What kind of failure this is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The message for the caller: lower case, no final stop, user values in backticks.
    pub fn external(&self) -> &str {
        &self.0.external
    }

    /// The message for the caller with its help, for where there is room for one text only.
    pub fn taught(&self) -> String {
        match self.help() {
            Some(help) => format!("{} ({help})", self.external()),
            None => self.external().to_owned(),
        }
    }

    /// The message for our log: the internal text, else the external one, then the chain of causes.
    pub fn internal(&self) -> String {
        let mut text = self.0.internal.clone().unwrap_or_else(|| self.0.external.clone());
        let mut cause = self.0.source.as_deref().map(|source| source as &dyn StdError);
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }

    /// The field that is wrong, if one is.
    pub fn field(&self) -> Option<&str> {
        self.0.field.as_deref()
    }

    /// What to do next, if there is something to type.
    pub fn help(&self) -> Option<&str> {
        self.0.help.as_deref()
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("external", &self.0.external)
            .field("internal", &self.internal())
            .field("field", &self.0.field)
            .field("help", &self.0.help)
            .finish()
    }
}
