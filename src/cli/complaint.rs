//! What goes wrong on the command line, ready to be printed: where, what, and what to type next.

use crate::config::{ConfigFault, Origin};
use crate::domain::error::{Error, ErrorKind};

/// One thing that is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Complaint {
    /// What is wrong: lower case, no final stop.
    pub message: String,
    /// Where: `goldgate.yaml:3:1`, a flag, a field of the request.
    pub place: Option<String>,
    /// What to type or write next.
    pub help: Option<String>,
}

/// Why a verb could not do its work; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure(pub Vec<Complaint>);

impl Complaint {
    /// Makes a complaint with something to do about it.
    pub fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), place: None, help: Some(help.into()) }
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
            message: fault.message,
            place: (fault.origin != Origin::Default).then(|| fault.origin.to_string()),
            help: fault.help,
        };
        Self(faults.into_iter().map(complaint).collect())
    }
}

impl From<Error> for Complaint {
    /// On the command line caller and operator are the same person, so that the cause of a failure of ours is shown.
    fn from(error: Error) -> Self {
        let message = match error.kind() {
            ErrorKind::Unavailable | ErrorKind::Internal
                if error.internal() != error.external() =>
            {
                format!("{}: {}", error.external(), error.internal())
            }
            ErrorKind::Invalid
            | ErrorKind::Unauthenticated
            | ErrorKind::Forbidden
            | ErrorKind::NotFound
            | ErrorKind::Conflict
            | ErrorKind::TooLarge
            | ErrorKind::Exhausted
            | ErrorKind::Unavailable
            | ErrorKind::Deadline
            | ErrorKind::Internal => error.external().to_owned(),
        };
        Self { message, place: None, help: error.help().map(str::to_owned) }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Complaint::from(error).into()
    }
}
