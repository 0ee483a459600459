//! What goes wrong on the command line, ready to be printed: where, what, and what to type next.

use std::sync::Arc;

use crate::config::{ConfigFault, Origin};
use crate::domain::error::{Error, ErrorKind};
use crate::domain::place::{SourceFile, Span};
use crate::policy::BundleFault;

/// One thing that is wrong.
#[derive(Clone, Debug, Default)]
pub struct Complaint {
    /// Its code, where it has one.
    pub code: Option<&'static str>,
    /// What is wrong: lower case, no final stop.
    pub message: String,
    /// Where: `goldgate.yaml:3:1`, a flag, a field of the request.
    pub place: Option<String>,
    /// What to type or write next.
    pub help: Option<String>,
    /// The source to show, when there is one.
    pub source: Option<Source>,
}

/// Part of a policy file to show with a complaint, and another part that has to do with it.
#[derive(Clone, Debug)]
pub struct Source {
    /// The file.
    pub file: Arc<SourceFile>,
    /// What to point at.
    pub span: Span,
    /// The other part, and what stands there.
    pub related: Option<(Arc<SourceFile>, Span, String)>,
}

/// Why a verb could not do its work; never empty.
#[derive(Clone, Debug)]
pub struct Failure(pub Vec<Complaint>);

impl Complaint {
    /// Makes a complaint with something to do about it.
    pub fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: Some(help.into()), ..Self::default() }
    }
}

impl Failure {
    /// Every complaint on a line of its own, for a log.
    pub fn lines(&self) -> String {
        let line = |complaint: &Complaint| {
            let place = complaint.place.as_ref().map(|place| format!("{place}: "));
            let help = complaint.help.as_ref().map(|help| format!(" ({help})"));
            let code = complaint.code.map(|code| format!(" [{code}]")).unwrap_or_default();
            [place.unwrap_or_default(), complaint.message.clone(), code, help.unwrap_or_default()]
                .concat()
        };
        self.0.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

impl From<Vec<Complaint>> for Failure {
    fn from(complaints: Vec<Complaint>) -> Self {
        Self(complaints)
    }
}

impl From<Complaint> for Failure {
    fn from(complaint: Complaint) -> Self {
        Self(vec![complaint])
    }
}

impl From<Vec<ConfigFault>> for Failure {
    fn from(faults: Vec<ConfigFault>) -> Self {
        let complaint = |fault: ConfigFault| Complaint {
            code: fault.code,
            message: fault.message,
            place: (fault.origin != Origin::Default).then(|| fault.origin.to_string()),
            help: fault.help,
            source: None,
        };
        Self(faults.into_iter().map(complaint).collect())
    }
}

impl From<Vec<BundleFault>> for Failure {
    fn from(faults: Vec<BundleFault>) -> Self {
        Self(faults.into_iter().map(Complaint::from).collect())
    }
}

impl From<BundleFault> for Complaint {
    fn from(fault: BundleFault) -> Self {
        let related = fault.related.map(|other| (other.file, other.span, other.label));
        let source = Source { file: fault.file, span: fault.span, related };
        Self { message: fault.message, help: fault.help, source: Some(source), ..Self::default() }
    }
}

impl From<Error> for Complaint {
    /// On the command line caller and operator are the same person, so that the cause of a failure of ours is shown.
    fn from(error: Error) -> Self {
        let message = match error.kind() {
            ErrorKind::Unavailable | ErrorKind::Internal => with_causes(&error),
            ErrorKind::Invalid
            | ErrorKind::Unauthenticated
            | ErrorKind::Forbidden
            | ErrorKind::NotFound
            | ErrorKind::Conflict
            | ErrorKind::TooLarge
            | ErrorKind::Exhausted
            | ErrorKind::Deadline => error.external().to_owned(),
        };
        Self { message, help: error.help().map(str::to_owned), ..Self::default() }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Complaint::from(error).into()
    }
}

/// The message and its chain of causes, each said once.
fn with_causes(error: &Error) -> String {
    let mut message = error.external().to_owned();
    for cause in error.internal().split(": ") {
        if !message.contains(cause) {
            message.push_str(": ");
            message.push_str(cause);
        }
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_said_once() {
        let cause = std::io::Error::other("disk full");
        let error =
            Error::unavailable("cannot write: disk full", "cannot write").with_source(cause);
        assert_eq!(Complaint::from(error).message, "cannot write: disk full");
        let error = Error::internal_fault("no thread").with_source(std::io::Error::other("limit"));
        assert!(Complaint::from(error).message.ends_with(": no thread: limit"));
    }
}
