//! Answers about images, kept beside the record in a file of their own: it may be lost without harm, so nothing waits
//! for the disk, and the record's writer knows nothing of it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::fault::Fault;
use super::open::private_file;
use crate::domain::clock::Timestamp;
use crate::domain::digest::Digest;
use crate::domain::error::Error;
use crate::domain::evidence::KeptAnswers;
use crate::record::row;

const FILE_NAME: &str = "images.db";
/// A process that waits longer answers sooner by asking the registry.
const BUSY_TIMEOUT: Duration = Duration::from_millis(200);
/// The most answers, and the most bytes of one after compression.
const MAX_ANSWERS: i64 = 2_000;
const MAX_ANSWER_BYTES: usize = 256 * 1024;
const TABLE: &str = "CREATE TABLE IF NOT EXISTS answer (
  key   BLOB    PRIMARY KEY,
  until INTEGER NOT NULL,   -- milliseconds since the epoch
  facts BLOB    NOT NULL    -- JSON, zstd
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS answer_until ON answer (until);";

/// Answers in a file of the data folder.
pub struct SqliteAnswers {
    file: PathBuf,
    connection: Mutex<Connection>,
}

impl SqliteAnswers {
    /// Opens the file in `dir`, made when there is none. One that cannot be read is made anew.
    ///
    /// # Errors
    /// `Unavailable` when the folder cannot be written to.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        let file = dir.join(FILE_NAME);
        let opened = connect(&file).or_else(|_unreadable| {
            // A file that is not there need not go.
            let _gone = std::fs::remove_file(&file);
            connect(&file)
        });
        let connection = opened.map_err(|fault| fault.into_error(&file))?;
        Ok(Self { file, connection: Mutex::new(connection) })
    }

    fn found(&self, key: Digest, now: Timestamp) -> Result<Option<(Vec<u8>, Timestamp)>, Fault> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let mut statement = connection
            .prepare_cached("SELECT facts, until FROM answer WHERE key = ?1 AND until > ?2")?;
        let found: Option<(Vec<u8>, i64)> = statement
            .query_row(params![key.as_bytes(), now.as_millis()], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        let Some((packed, until)) = found else { return Ok(None) };
        Ok(Some((row::decompress(&packed, None)?, Timestamp::from_millis(until))))
    }

    fn put(
        &self,
        key: Digest,
        answer: &[u8],
        until: Timestamp,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let packed = row::compress(answer, None)?;
        if packed.len() > MAX_ANSWER_BYTES {
            return Ok(());
        }
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        connection.execute("DELETE FROM answer WHERE until <= ?1", [now.as_millis()])?;
        connection.execute(
            "INSERT OR REPLACE INTO answer (key, until, facts) VALUES (?1, ?2, ?3)",
            params![key.as_bytes(), until.as_millis(), packed],
        )?;
        connection.execute(
            "DELETE FROM answer WHERE key IN (SELECT key FROM answer ORDER BY until DESC LIMIT -1 OFFSET ?1)",
            [MAX_ANSWERS],
        )?;
        Ok(())
    }
}

fn connect(file: &Path) -> Result<Connection, Fault> {
    // One that is there keeps its mode; what cannot be made is told by the database in its own words.
    let _made_before = private_file(file);
    let connection = Connection::open(file)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // Before the other one, which would wait for the disk.
    connection.pragma_update(None, "synchronous", "off")?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.execute_batch(TABLE)?;
    Ok(connection)
}

impl KeptAnswers for SqliteAnswers {
    fn answer(&self, key: Digest, now: Timestamp) -> Option<(Vec<u8>, Timestamp)> {
        self.found(key, now).unwrap_or_else(|fault| {
            tracing::debug!(
                "Could not read a kept answer: {}",
                fault.into_error(&self.file).internal()
            );
            None
        })
    }

    fn keep(&self, key: Digest, answer: &[u8], until: Timestamp, now: Timestamp) {
        if let Err(fault) = self.put(key, answer, until, now) {
            tracing::debug!(
                "Could not keep an answer: {}",
                fault.into_error(&self.file).internal()
            );
        }
    }
}

impl fmt::Debug for SqliteAnswers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteAnswers").field("file", &self.file).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000);
    const LATER: Timestamp = Timestamp::from_millis(2_000);

    #[test]
    fn an_answer_is_found_by_another_process_until_its_time_is_over() {
        let folder = tempfile::tempdir().unwrap();
        let key = Digest::of(b"key");
        SqliteAnswers::open(folder.path()).unwrap().keep(key, b"facts", LATER, NOW);
        let other = SqliteAnswers::open(folder.path()).unwrap();
        assert_eq!(other.answer(key, NOW), Some((b"facts".to_vec(), LATER)));
        assert_eq!(other.answer(key, LATER), None);
        assert_eq!(other.answer(Digest::of(b"other"), NOW), None);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_reads_or_writes_answers() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let answers = SqliteAnswers::open(folder.path()).unwrap();
        answers.keep(Digest::of(b"key"), b"facts", LATER, NOW);
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let entry = entry.unwrap();
            let mode = entry.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{:?}", entry.file_name());
        }
    }

    #[test]
    fn a_file_that_is_none_of_ours_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE_NAME), "no database, but longer than a page? no")
            .unwrap();
        let answers = SqliteAnswers::open(folder.path()).unwrap();
        answers.keep(Digest::of(b"key"), b"facts", LATER, NOW);
        assert!(answers.answer(Digest::of(b"key"), NOW).is_some());
    }
}
