//! What runs no more, and what is put back into the list.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::running::{self, ReleaseKey};
use super::{Changes, Names, PackedArrival, leave, settle};
use crate::domain::decision::{Decision, DecisionId, Verdict};
use crate::domain::inventory::{Departure, ReleaseFilter, RunningRelease};
use crate::domain::request::Stage;
use crate::record::sqlite::chain::{self, Known};
use crate::record::sqlite::fault::Fault;
use crate::record::sqlite::rows::{self, Image};

/// Takes out of the list what `filter` names and tells what it was. Who asked for it is noted, apart from single objects:
/// a cluster deletes as many as it has jobs.
pub(in crate::record::sqlite) fn forget(
    connection: &Connection,
    filter: &ReleaseFilter,
    departure: &Departure,
) -> Result<Vec<RunningRelease>, Fault> {
    let found = running::releases(connection, filter, &ReleaseKey::default(), usize::MAX)?;
    let mut changes = Changes::default();
    let mut find = connection.prepare_cached(
        "SELECT running.id, subject.id FROM subject JOIN running ON running.subject = subject.id \
         WHERE service = ?1 AND environment = ?2 AND part = ?3",
    )?;
    let mut note = connection.prepare_cached(
        "INSERT OR REPLACE INTO departure (subject, part, decision, time, actor) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for ((service, environment, part), release) in &found {
        let (id, subject): (i64, i64) = find
            .query_row(params![service, environment, part], |row| Ok((row.get(0)?, row.get(1)?)))?;
        leave(connection, &mut changes, id)?;
        if filter.part.is_none() {
            let (decision, Departure { actor, time }) = (release.decision.as_bytes(), departure);
            note.execute(params![subject, part, decision, time.as_millis(), actor])?;
        }
    }
    changes.write(connection)?;
    Ok(found.into_iter().map(|(_, release)| release).collect())
}

/// The newest decisions that let whole releases in of which nothing is listed, apart from what was taken out since.
pub(in crate::record::sqlite) fn unlisted(image: &Image<'_>) -> Result<Vec<DecisionId>, Fault> {
    let mut statement = image.prepare_cached(
        "SELECT id, seq FROM subject WHERE NOT EXISTS \
         (SELECT 1 FROM running WHERE subject = subject.id AND part = '') ORDER BY service, environment",
    )?;
    let subjects =
        statement.query_map([], |row| Ok(Known { id: row.get(0)?, seq: row.get(1)? }))?;
    let mut found = Vec::new();
    for subject in subjects {
        found.extend(let_in(image, subject?)?);
    }
    Ok(found)
}

/// The newest decision that let a subject's whole release in, unless that was taken out of the list since.
fn let_in(image: &Image<'_>, subject: Known) -> Result<Option<DecisionId>, Fault> {
    let departed: Option<i64> = image
        .prepare_cached("SELECT time FROM departure WHERE subject = ?1 AND part = ''")?
        .query_row([subject.id], |row| row.get(0))
        .optional()?;
    let sql =
        format!("SELECT prev, time, verdict, {} FROM decision WHERE seq = ?1", rows::DECISION);
    let mut statement = image.prepare_cached(&sql)?;
    let mut at = Some(chain::newest(image, subject)?);
    while let Some(seq) = at {
        let mut rows = statement.query([seq])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        if departed.is_some_and(|departed| row.get("time").is_ok_and(|time: i64| time <= departed))
        {
            return Ok(None);
        }
        if is_allow(row)? {
            let decision = rows::decision_from(*image, row)?;
            if decision.stage == Stage::Deploy && decision.verdict == Verdict::Allow {
                return Ok(Some(decision.id));
            }
        }
        at = row.get("prev")?;
    }
    Ok(None)
}

/// Told by its column, so that a row need not be unpacked for it.
fn is_allow(row: &rusqlite::Row<'_>) -> rusqlite::Result<bool> {
    Ok(row.get::<_, i64>("verdict")? == 0)
}

/// Writes that a release runs which a decision had let in, unless the list has one by now; `false` then.
pub(in crate::record::sqlite) fn restore(
    connection: &Connection,
    (names, changes): (&mut Names, &mut Changes),
    decision: &Decision,
    arrival: &PackedArrival,
) -> Result<bool, Fault> {
    let subject: Option<i64> = connection
        .prepare_cached("SELECT subject FROM decision WHERE id = ?1")?
        .query_row([decision.id.as_bytes()], |row| row.get(0))
        .optional()?
        .flatten();
    let Some(subject) = subject else { return Ok(false) };
    let is_listed = connection
        .prepare_cached("SELECT 1 FROM running WHERE subject = ?1 AND part = ?2")?
        .exists(params![subject, arrival.part])?;
    if !is_listed {
        settle(connection, (names, changes), subject, decision, arrival)?;
    }
    Ok(!is_listed)
}
