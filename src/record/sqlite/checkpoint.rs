//! Moving the write-ahead log into the record, beside the writer's work.
//!
//! A checkpoint on the writer's connection would make every caller wait for it. So a thread of its own does the bulk,
//! and the writer only the tail that was written meanwhile: without that tail the log would never be empty, and never
//! begin again, as long as decisions keep coming.

use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;

use super::open;
use super::writer::log_of;

/// The log is moved when about this much was written.
const LOG_BYTES: usize = 8 * 1024 * 1024;

/// Who moves the log.
pub(super) struct Checkpointer {
    file: PathBuf,
    written: usize,
    at_work: Option<JoinHandle<()>>,
}

impl Checkpointer {
    /// Takes on what earlier processes left in the log.
    pub(super) fn new(file: &Path) -> Self {
        let left = std::fs::metadata(log_of(file)).map_or(0, |log| log.len());
        Self {
            file: file.to_owned(),
            written: usize::try_from(left).unwrap_or(usize::MAX),
            at_work: None,
        }
    }

    /// Notes that a batch of about `bytes` was written through `writer`.
    pub(super) fn written(&mut self, bytes: usize, writer: &Connection) {
        self.written = self.written.saturating_add(bytes);
        if self.at_work.as_ref().is_some_and(JoinHandle::is_finished) {
            self.finish();
            move_log(writer);
        }
        if self.written >= LOG_BYTES && self.at_work.is_none() {
            self.written = 0;
            let file = self.file.clone();
            let work = move || match open::checkpointer(&file) {
                Ok(connection) => move_log(&connection),
                Err(fault) => {
                    tracing::warn!(cause = ?fault, "Cannot move the record's log: it will grow");
                }
            };
            // Without a thread the log waits for the next time.
            self.at_work =
                thread::Builder::new().name("record-checkpoint".to_owned()).spawn(work).ok();
        }
    }

    /// Waits for the work that was begun.
    pub(super) fn finish(&mut self) {
        // A thread that panicked has told so itself.
        let _ended = self.at_work.take().map(JoinHandle::join);
    }
}

fn move_log(connection: &Connection) {
    let moved =
        connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get::<_, i64>(0));
    if let Err(cause) = moved {
        tracing::warn!(%cause, "Cannot move the record's log: it will grow");
    }
}
