//! What is written once a chunk: where each service's decisions end, and how its days went.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, params};
use serde::Deserialize;

use super::fault::Fault;
use super::posting::CHUNK;
use crate::domain::clock::Timestamp;
use crate::record::row;

/// The decisions of one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Day {
    pub(super) n: u32,
    pub(super) denied: u32,
    /// The score after the last of them.
    pub(super) score: Option<u8>,
}

/// The columns of [`Day::add`].
pub(super) const DAY: &str = "time, verdict, delta";

#[derive(Deserialize)]
struct Score {
    after: Option<u8>,
}

impl Day {
    /// Adds a decision to its day among `days`.
    pub(super) fn add<K: Ord>(
        days: &mut BTreeMap<K, Self>,
        row: &Row<'_>,
        key: impl FnOnce(i64) -> K,
    ) -> Result<(), Fault> {
        let time = Timestamp::from_millis(row.get("time")?);
        let denied: u32 = row.get("verdict")?;
        let delta = row.get_ref("delta")?.as_str().map_err(rusqlite::Error::from)?;
        let score: Score =
            serde_json::from_str(delta).map_err(|cause| row::damaged().with_source(cause))?;
        let day = days.entry(key(time.as_days())).or_default();
        day.n += 1;
        day.denied += denied;
        day.score = score.after;
        Ok(())
    }
}

/// Writes what the decisions of a finished chunk come to.
pub(super) fn close(connection: &Connection, chunk: i64) -> Result<(), Fault> {
    let mut newest: BTreeMap<i64, i64> = BTreeMap::new();
    let mut days = BTreeMap::new();
    let sql = format!(
        "SELECT seq, subject, {DAY} FROM decision WHERE seq BETWEEN ?1 AND ?2 AND subject IS NOT NULL \
         ORDER BY seq"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([chunk * CHUNK, (chunk + 1) * CHUNK - 1])?;
    while let Some(row) = rows.next()? {
        let subject: i64 = row.get("subject")?;
        newest.insert(subject, row.get("seq")?);
        Day::add(&mut days, row, |day| (subject, day))?;
    }
    let mut update = connection.prepare_cached("UPDATE subject SET seq = ?1 WHERE id = ?2")?;
    for (subject, seq) in newest {
        update.execute([seq, subject])?;
    }
    let mut upsert = connection.prepare_cached(
        "INSERT INTO daily (subject, day, n, denied, score) VALUES (?1, ?2, ?3, ?4, ?5) \
         ON CONFLICT DO UPDATE SET n = n + excluded.n, denied = denied + excluded.denied, \
         score = excluded.score",
    )?;
    for ((subject, day), Day { n, denied, score }) in days {
        upsert.execute(params![subject, day, n, denied, score])?;
    }
    Ok(())
}
