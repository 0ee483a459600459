//! Moving the write-ahead log into the record, beside the writer's work.
//!
//! A checkpoint on the writer's connection would make every caller wait for it. So a thread of its own does the bulk,
//! and the writer only the tail that was written meanwhile: without that tail the log would never be empty, and never
//! begin again, as long as decisions keep coming.

use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::Connection;

use super::open;

/// The log is moved when about this much was written.
const LOG_BYTES: usize = 8 * 1024 * 1024;

/// A log beyond this is emptied at the end: the next process to come alone would have to read all of it first. One in a
/// dozen commands that check a file pays for that.
const LEFT_BYTES: u64 = 1024 * 1024;

/// Who moves the log.
pub(super) struct Checkpointer {
    file: PathBuf,
    written: usize,
    at_work: Option<JoinHandle<()>>,
}

impl Checkpointer {
    /// Takes on what earlier processes left in the log.
    pub(super) fn new(file: &Path) -> Self {
        let written = usize::try_from(log_bytes(file)).unwrap_or(usize::MAX);
        Self { file: file.to_owned(), written, at_work: None }
    }

    /// Notes that a batch of about `bytes` was written through `writer`.
    pub(super) fn written(&mut self, bytes: usize, writer: &Connection) {
        self.written = self.written.saturating_add(bytes);
        if self.at_work.as_ref().is_some_and(JoinHandle::is_finished) {
            self.join();
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

    /// Ends the work that was begun, and empties the log when it is long and nobody else uses it.
    pub(super) fn finish(mut self, writer: &Connection) {
        self.join();
        if log_bytes(&self.file) > LEFT_BYTES {
            // Whoever uses the record now does this later.
            let emptied = writer
                .busy_timeout(Duration::ZERO)
                .and_then(|()| checkpoint(writer, "PRAGMA wal_checkpoint(TRUNCATE)"));
            if let Err(cause) = emptied {
                tracing::debug!(%cause, "Left the record's log to the next process");
            }
        }
    }

    fn join(&mut self) {
        // A thread that panicked has told so itself.
        let _ended = self.at_work.take().map(JoinHandle::join);
    }
}

fn move_log(connection: &Connection) {
    if let Err(cause) = checkpoint(connection, "PRAGMA wal_checkpoint(PASSIVE)") {
        tracing::warn!(%cause, "Cannot move the record's log: it will grow");
    }
}

fn checkpoint(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.query_row(sql, [], |_busy_and_counts| Ok(()))
}

fn log_bytes(file: &Path) -> u64 {
    std::fs::metadata(open::log_of(file)).map_or(0, |log| log.len())
}
