//! Faults of policy files: what is wrong, where, and what to write instead.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use crate::domain::place::{Location, SourceFile, Span};

/// One fault of one file.
#[derive(Clone, Debug)]
pub struct Fault {
    /// The file.
    pub file: Arc<SourceFile>,
    /// Where in it.
    pub span: Span,
    /// What is wrong: lower case, no final stop.
    pub message: String,
    /// What to write or type instead.
    pub help: Option<String>,
    /// Another place that has to do with it.
    pub related: Option<Related>,
}

/// Another place that has to do with a fault.
#[derive(Clone, Debug)]
pub struct Related {
    /// The file.
    pub file: Arc<SourceFile>,
    /// Where in it.
    pub span: Span,
    /// What stands there: `the other definition`.
    pub label: String,
}

impl Fault {
    /// Makes a fault at `span` of `file`.
    pub fn new(file: &Arc<SourceFile>, span: Span, message: impl Into<String>) -> Self {
        Self { file: Arc::clone(file), span, message: message.into(), help: None, related: None }
    }

    /// Says what to write or type instead.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Names another place that has to do with it.
    #[must_use]
    pub fn with_related(
        mut self,
        file: &Arc<SourceFile>,
        span: Span,
        label: impl Into<String>,
    ) -> Self {
        self.related = Some(Related { file: Arc::clone(file), span, label: label.into() });
        self
    }

    /// Where it is, as people read it.
    pub fn location(&self) -> Location {
        self.file.location(self.span, "")
    }

    /// The order in which faults are shown: by file, then by place.
    pub fn order(&self, other: &Self) -> Ordering {
        (&self.file.path, self.span, &self.message).cmp(&(
            &other.file.path,
            other.span,
            &other.message,
        ))
    }
}

impl Related {
    /// Where it is, as people read it.
    pub fn location(&self) -> Location {
        self.file.location(self.span, "")
    }
}

impl fmt::Display for Fault {
    /// `policies/a.rego:3:5: what is wrong` and, each on a line of its own, the other place and the help.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.location(), self.message)?;
        if let Some(related) = &self.related {
            write!(f, "\n  {}: {}", related.location(), related.label)?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n  help: {help}")?;
        }
        Ok(())
    }
}
