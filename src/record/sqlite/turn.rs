//! Whose turn it is to keep watch over a record: of several processes one does, and it does it alone.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

use crate::domain::error::Error;

const FILE_NAME: &str = "watch.lock";

/// The right to keep watch over a record; given back when it is dropped, or when the process ends however it ends.
#[derive(Debug)]
pub struct Turn {
    _locked: File,
}

impl Turn {
    /// Takes the turn for the record in the folder `dir`; `None` while another process has it.
    ///
    /// # Errors
    /// `Unavailable` when the folder cannot be written to.
    pub fn take(dir: &Path) -> Result<Option<Self>, Error> {
        let file = dir.join(FILE_NAME);
        let unavailable = |cause: io::Error| {
            let message = format!("cannot lock `{}`: {cause}", file.display());
            Error::unavailable(message, "no turn")
                .with_help("name a folder that this user may write with `--data DIR`")
                .with_source(cause)
        };
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let opened = options.open(&file).map_err(unavailable)?;
        match opened.try_lock() {
            Ok(()) => Ok(Some(Self { _locked: opened })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(cause)) => Err(unavailable(cause)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_taken_once_and_given_back() {
        let folder = tempfile::tempdir().unwrap();
        let turn = Turn::take(folder.path()).unwrap().unwrap();
        assert!(Turn::take(folder.path()).unwrap().is_none());
        drop(turn);
        assert!(Turn::take(folder.path()).unwrap().is_some());
    }

    #[test]
    fn a_folder_that_is_not_there_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let error = Turn::take(&folder.path().join("none")).unwrap_err();
        assert!(error.external().contains("watch.lock"));
    }
}
