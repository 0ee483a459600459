//! What SQLite says, told so that the reader knows what to do.

use std::path::Path;

use rusqlite::ErrorCode;

use crate::domain::error::{Error, ErrorKind};

/// A failure inside the store: SQLite's or our own.
#[derive(Debug)]
pub(super) enum Fault {
    Sql(rusqlite::Error),
    Ours(Error),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

impl Fault {
    /// Whether the store as a whole failed, so that trying a smaller write would be in vain.
    pub(super) fn concerns_every_write(&self) -> bool {
        match self {
            Self::Sql(error) => matches!(
                error.sqlite_error_code(),
                Some(
                    ErrorCode::DatabaseBusy
                        | ErrorCode::DatabaseLocked
                        | ErrorCode::DatabaseCorrupt
                        | ErrorCode::NotADatabase
                        | ErrorCode::ReadOnly
                        | ErrorCode::CannotOpen
                )
            ),
            Self::Ours(_) => false,
        }
    }

    /// The fault as the caller reads it; `file` is the record.
    pub(super) fn into_error(self, file: &Path) -> Error {
        match self {
            Self::Ours(error) => error,
            Self::Sql(error) => sql_error(error, file),
        }
    }
}

fn sql_error(error: rusqlite::Error, file: &Path) -> Error {
    let (what, help) = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => (
            "cannot be written: the disk is full",
            "free some space, or name another folder with `--data DIR`",
        ),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            ("is held by another process", "try again, or name another folder with `--data DIR`")
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => (
            "is damaged",
            "restore the data folder from a backup, or set it aside and name a new one with `--data DIR`",
        ),
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => (
            "cannot be opened for writing",
            "let this user write the folder, or name another one with `--data DIR`",
        ),
        _ => (
            "cannot be read or written",
            "look at the disk, or name another folder with `--data DIR`",
        ),
    };
    Error::new(ErrorKind::Unavailable, format!("the record `{}` {what}", file.display()))
        .with_help(help)
        .with_source(error)
}

/// The error of a store that was closed, or whose writer is gone.
pub(super) fn closed() -> Error {
    Error::new(ErrorKind::Unavailable, "the record is closed: nothing was recorded")
        .with_help("ask again once the gate has started anew")
}
