//! The decisions of one subject, newest first: each names the one before it.
//!
//! An index by subject would be touched at another place by every decision. The index by chunk and subject grows at its
//! end only; it finds the newest decision of the chunk that is being filled, and where to begin in the middle.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::fault::Fault;
use super::posting::{Bits, CHUNK};

/// A subject as its row tells it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) id: i64,
    /// Its newest decision before the chunk that is being filled, or a later one.
    pub(super) seq: i64,
}

/// The newest decision of all; 0 when there is none.
pub(super) fn last(connection: &Connection) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("SELECT coalesce(max(seq), 0) FROM decision")?
        .query_row([], |row| row.get(0))
}

/// The newest decision of a subject.
pub(super) fn newest(connection: &Connection, subject: Known) -> rusqlite::Result<i64> {
    let chunk = last(connection)?.div_euclid(CHUNK);
    let found = newest_in(connection, subject.id, chunk, i64::MAX)?;
    Ok(found.unwrap_or(subject.seq))
}

/// At most `limit` decisions of any of the `subjects` before the position `before`, newest first.
pub(super) fn newest_first(
    connection: &Connection,
    subjects: &[Known],
    before: i64,
    limit: usize,
) -> Result<Vec<i64>, Fault> {
    let mut heads = BTreeSet::new();
    for subject in subjects {
        heads.extend(newest_before(connection, *subject, before)?);
    }
    let mut statement = connection.prepare_cached("SELECT prev FROM decision WHERE seq = ?1")?;
    let mut found = Vec::new();
    while found.len() < limit {
        let Some(newest) = heads.pop_last() else { break };
        found.push(newest);
        heads.extend(statement.query_row([newest], |row| row.get::<_, Option<i64>>(0))?);
    }
    Ok(found)
}

/// The decisions of any of the `subjects` in a chunk.
pub(super) fn bits_in(
    connection: &Connection,
    subjects: &[Known],
    chunk: i64,
) -> rusqlite::Result<Bits> {
    let mut statement = connection
        .prepare_cached("SELECT seq FROM decision WHERE seq / 1024 = ?1 AND subject = ?2")?;
    let mut bits = Bits::default();
    for subject in subjects {
        let mut rows = statement.query(params![chunk, subject.id])?;
        while let Some(row) = rows.next()? {
            bits.set(row.get(0)?);
        }
    }
    Ok(bits)
}

fn newest_before(
    connection: &Connection,
    subject: Known,
    before: i64,
) -> rusqlite::Result<Option<i64>> {
    let newest = newest(connection, subject)?;
    if newest < before {
        return Ok(Some(newest));
    }
    // Where a page begins, the one before it mostly ended with a decision of this very subject.
    let named: Option<Option<i64>> = connection
        .prepare_cached("SELECT prev FROM decision WHERE seq = ?1 AND subject = ?2")?
        .query_row(params![before, subject.id], |row| row.get(0))
        .optional()?;
    if let Some(prev) = named {
        return Ok(prev);
    }
    for chunk in (0..=before.saturating_sub(1).div_euclid(CHUNK)).rev() {
        if let Some(found) = newest_in(connection, subject.id, chunk, before)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn newest_in(
    connection: &Connection,
    subject: i64,
    chunk: i64,
    before: i64,
) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached(
            "SELECT max(seq) FROM decision WHERE seq / 1024 = ?1 AND subject = ?2 AND seq < ?3",
        )?
        .query_row(params![chunk, subject, before], |row| row.get(0))
}
