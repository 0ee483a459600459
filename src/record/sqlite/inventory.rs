//! What runs where, and which packages it holds: written with the decision that let it in, in the same transaction.
//!
//! The question is "who has this package", so each package has rows of the releases that hold it, 256 releases each. A
//! release has a number of its own, and its next version takes that number over: then only what changed is written.

mod asked;
mod gone;
mod holders;
mod names;
mod numbers;
mod running;

pub(super) use gone::{forget, restore};
pub(super) use names::Names;
pub(super) use running::note;

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, params};

use self::numbers::{Entry, Part, RELEASES_PER_ROW};
use super::fault::Fault;
use crate::domain::clock::Timestamp;
use crate::domain::decision::Decision;
use crate::domain::error::Error;
use crate::domain::inventory::{Arrival, Holding, Judged, ReleaseId};
use crate::record::row;

/// A release that was let in, packed.
#[derive(Debug)]
pub(super) struct PackedArrival {
    part: String,
    images: String,
    n_components: i64,
    holdings: Vec<Holding>,
    /// None of a release without a bill.
    content: Option<Vec<u8>>,
    judged: Judged,
}

impl PackedArrival {
    pub(super) fn new(arrival: Arrival) -> Result<Self, Error> {
        let Arrival { part, images, n_components, holdings, kept, judged } = arrival;
        Ok(Self {
            part,
            images: row::json(&images)?,
            n_components: i64::try_from(n_components).unwrap_or(i64::MAX),
            holdings,
            content: kept.map(|kept| row::compress(kept.as_bytes(), None)).transpose()?,
            judged,
        })
    }

    /// About how many bytes it adds to the log.
    pub(super) fn weight(&self) -> usize {
        const BYTES_OF_HOLDING: usize = 16;
        self.content.as_ref().map_or(0, Vec::len) + self.holdings.len() * BYTES_OF_HOLDING
    }
}

/// What a batch changes in the rows of packages: gathered, and written once at its end.
#[derive(Default)]
pub(super) struct Changes(BTreeMap<(i64, i64), Vec<Change>>);

enum Change {
    Put(Entry),
    Drop { release: i64, version: i64 },
}

impl Changes {
    fn put(&mut self, release: i64, part: Part, since: i64) {
        let entry = Entry { release, version: part.version, via: part.via, since };
        self.of(part.package, release).push(Change::Put(entry));
    }

    fn drop(&mut self, release: i64, part: Part) {
        let version = part.version;
        self.of(part.package, release).push(Change::Drop { release, version });
    }

    fn of(&mut self, package: i64, release: i64) -> &mut Vec<Change> {
        self.0.entry((package, release.div_euclid(RELEASES_PER_ROW))).or_default()
    }

    /// Writes what was gathered.
    pub(super) fn write(self, connection: &Connection) -> Result<(), Fault> {
        let mut read = connection
            .prepare_cached("SELECT entries FROM holder WHERE package = ?1 AND chunk = ?2")?;
        let mut write = connection.prepare_cached(
            "INSERT INTO holder (package, chunk, entries) VALUES (?1, ?2, ?3) \
             ON CONFLICT DO UPDATE SET entries = excluded.entries",
        )?;
        let mut remove =
            connection.prepare_cached("DELETE FROM holder WHERE package = ?1 AND chunk = ?2")?;
        for ((package, chunk), changes) in self.0 {
            let bytes: Option<Vec<u8>> =
                read.query_row([package, chunk], |row| row.get(0)).optional()?;
            let mut entries = match &bytes {
                Some(bytes) => numbers::entries(bytes, chunk)?,
                None => Vec::new(),
            };
            for change in changes {
                change.apply(&mut entries);
            }
            if entries.is_empty() {
                remove.execute([package, chunk])?;
            } else {
                write.execute(params![package, chunk, numbers::row_of(&entries)])?;
            }
        }
        Ok(())
    }
}

impl Change {
    fn apply(self, entries: &mut Vec<Entry>) {
        let (release, version) = match &self {
            Self::Put(entry) => (entry.release, entry.version),
            Self::Drop { release, version } => (*release, *version),
        };
        let found = entries
            .binary_search_by_key(&(release, version), |entry| (entry.release, entry.version));
        match (self, found) {
            (Self::Put(entry), Err(at)) => entries.insert(at, entry),
            // It has been there since then, whichever way it comes in now.
            (Self::Put(entry), Ok(at)) => {
                if let Some(known) = entries.get_mut(at) {
                    known.via = entry.via;
                }
            }
            (Self::Drop { .. }, Ok(at)) => {
                entries.remove(at);
            }
            (Self::Drop { .. }, Err(_)) => {}
        }
    }
}

/// Writes that a release runs as of `decision`, in the place of what ran before.
pub(super) fn arrive(
    connection: &Connection,
    (names, changes): (&mut Names, &mut Changes),
    subject: i64,
    decision: &Decision,
    arrival: &PackedArrival,
) -> Result<(), Fault> {
    // A release as a whole says what runs; what the door sees of it afterwards comes beside it.
    if arrival.part.is_empty() {
        for id in parts(connection, subject)? {
            leave(connection, changes, id)?;
        }
    }
    settle(connection, (names, changes), subject, decision, arrival)
}

/// Writes that a release runs, and nothing of what ran beside it before.
fn settle(
    connection: &Connection,
    (names, changes): (&mut Names, &mut Changes),
    subject: i64,
    decision: &Decision,
    arrival: &PackedArrival,
) -> Result<(), Fault> {
    // An object that comes again without its bills is the same object: nobody could look this time.
    if !arrival.part.is_empty()
        && arrival.content.is_none()
        && is_known(connection, subject, arrival)?
    {
        return Ok(());
    }
    let id = row(connection, subject, decision, arrival)?;
    let before = holdings(connection, id)?;
    let mut after = arrival
        .holdings
        .iter()
        .map(|holding| names.part(connection, holding))
        .collect::<Result<Vec<Part>, Fault>>()?;
    after.sort_unstable();
    after.dedup_by_key(|part| (part.package, part.version));
    let since = decision.time.as_millis().div_euclid(1000);
    let key = |part: &Part| (part.package, part.version);
    for part in &before {
        if after.binary_search_by_key(&key(part), key).is_err() {
            changes.drop(id, *part);
        }
    }
    for part in after.iter().filter(|part| before.binary_search(part).is_err()) {
        changes.put(id, *part, since);
    }
    if let Some(content) = &arrival.content {
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO kept (running, holdings, content) VALUES (?1, ?2, ?3)",
            )?
            .execute(params![id, numbers::list_of(&after), content])?;
    } else {
        connection.prepare_cached("DELETE FROM kept WHERE running = ?1")?.execute([id])?;
    }
    Ok(())
}

/// Whether the door has seen this object with these images before; then it may have seen their bills as well.
fn is_known(connection: &Connection, subject: i64, arrival: &PackedArrival) -> Result<bool, Fault> {
    let mut statement = connection
        .prepare_cached("SELECT 1 FROM running WHERE subject = ?1 AND part = ?2 AND images = ?3")?;
    Ok(statement.exists(params![subject, arrival.part, arrival.images])?)
}

/// The objects that a cluster's door saw of a subject.
fn parts(connection: &Connection, subject: i64) -> Result<Vec<i64>, Fault> {
    let mut statement =
        connection.prepare_cached("SELECT id FROM running WHERE subject = ?1 AND part <> ''")?;
    let ids = statement.query_map([subject], |row| row.get(0))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

/// Takes a release away.
fn leave(connection: &Connection, changes: &mut Changes, id: i64) -> Result<(), Fault> {
    for part in holdings(connection, id)? {
        changes.drop(id, part);
    }
    connection.prepare_cached("DELETE FROM kept WHERE running = ?1")?.execute([id])?;
    connection.prepare_cached("DELETE FROM running WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// The row of a release; its number is that of the release before.
fn row(
    connection: &Connection,
    subject: i64,
    decision: &Decision,
    arrival: &PackedArrival,
) -> Result<i64, Fault> {
    let Judged { troubles, outcome, due } = arrival.judged;
    let mut statement = connection.prepare_cached(
        "INSERT INTO running (subject, part, decision, time, images, n_components, troubles, outcome, due) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (subject, part) DO UPDATE SET \
         decision = excluded.decision, time = excluded.time, images = excluded.images, \
         n_components = excluded.n_components, troubles = excluded.troubles, outcome = excluded.outcome, \
         due = excluded.due RETURNING id",
    )?;
    Ok(statement.query_row(
        params![
            subject,
            arrival.part,
            decision.id.as_bytes(),
            decision.time.as_millis(),
            arrival.images,
            arrival.n_components,
            troubles.cast_signed(),
            outcome.as_bytes(),
            due.map(Timestamp::as_millis),
        ],
        |row| row.get(0),
    )?)
}

/// What a release holds, ascending.
fn holdings(connection: &Connection, id: i64) -> Result<Vec<Part>, Fault> {
    let mut statement =
        connection.prepare_cached("SELECT holdings FROM kept WHERE running = ?1")?;
    let bytes: Option<Vec<u8>> = statement.query_row([id], |row| row.get(0)).optional()?;
    bytes.map_or_else(|| Ok(Vec::new()), |bytes| Ok(numbers::list(&bytes)?))
}

/// The number of a release.
fn release_id(row: &rusqlite::Row<'_>) -> rusqlite::Result<ReleaseId> {
    Ok(ReleaseId(row.get("id")?))
}
