//! Single rows: a decision, a scorecard, a blob.

use std::ops::Deref;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::cards::{Standing, Subject};
use super::chain::{self, Known};
use super::dictionary::Dictionaries;
use super::fault::Fault;
use crate::domain::clock::Timestamp;
use crate::domain::decision::{Decision, DecisionId};
use crate::domain::digest::Digest;
use crate::domain::scorecard::{Scorecard, ScorecardDelta};
use crate::record::row::{self, Body};

/// One image of the record, and what its rows are packed with.
#[derive(Clone, Copy)]
pub(super) struct Image<'c> {
    pub(super) connection: &'c Connection,
    pub(super) dictionaries: &'c Dictionaries,
}

impl Deref for Image<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}

/// The columns of [`decision_from`].
pub(super) const DECISION: &str = "delta, dictionary, body";

/// The columns of [`scorecard_from`], from `subject JOIN standing`.
pub(super) const SCORECARD: &str = "id, seq, card";

/// A decision with everything that was written beside it.
pub(super) fn body_from(image: Image<'_>, row: &Row<'_>) -> Result<Body, Fault> {
    let dictionary = match row.get("dictionary")? {
        Some(id) => Some(image.dictionaries.by_id(image.connection, id)?),
        None => None,
    };
    let bytes = row.get_ref("body")?.as_blob().map_err(rusqlite::Error::from)?;
    let mut body = Body::unpack(bytes, dictionary.as_deref())?;
    body.decision.scorecard = delta_from(row)?;
    Ok(body)
}

/// A decision.
pub(super) fn decision_from(image: Image<'_>, row: &Row<'_>) -> Result<Decision, Fault> {
    Ok(body_from(image, row)?.decision)
}

/// How a decision moved the scorecard.
pub(super) fn delta_from(row: &Row<'_>) -> Result<Option<ScorecardDelta>, Fault> {
    let text = row.get_ref("delta")?.as_str_or_null().map_err(rusqlite::Error::from)?;
    let Some(text) = text else { return Ok(None) };
    let delta = serde_json::from_str(text).map_err(|cause| row::damaged().with_source(cause))?;
    Ok(Some(delta))
}

/// A scorecard.
pub(super) fn scorecard_from(connection: &Connection, row: &Row<'_>) -> Result<Standing, Fault> {
    let mut card: Scorecard =
        row::unpack(row.get_ref("card")?.as_blob().map_err(rusqlite::Error::from)?)?;
    let id = row.get("id")?;
    let seq = chain::newest(connection, Known { id, seq: row.get("seq")? })?;
    (card.decision, card.time) = connection
        .prepare_cached("SELECT id, time FROM decision WHERE seq = ?1")?
        .query_row([seq], |row| {
            let time = Timestamp::from_millis(row.get("time")?);
            Ok((DecisionId::from_bytes(row.get("id")?), time))
        })?;
    Ok(Standing { id, seq, card: Arc::new(card) })
}

/// Where a subject stands.
pub(super) fn standing(
    connection: &Connection,
    subject: &Subject,
) -> Result<Option<Standing>, Fault> {
    let sql = format!(
        "SELECT {SCORECARD} FROM subject JOIN standing ON standing.subject = subject.id \
         WHERE service = ?1 AND environment = ?2"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows =
        statement.query(params![subject.service.to_string(), subject.environment.as_str()])?;
    rows.next()?.map(|row| scorecard_from(connection, row)).transpose()
}

/// The decision that a key stands for.
pub(super) fn decision_of_key(image: Image<'_>, key: &[u8; 16]) -> Result<Option<Decision>, Fault> {
    let sql = format!("SELECT {DECISION} FROM decision WHERE key = ?1");
    let mut statement = image.prepare_cached(&sql)?;
    let mut rows = statement.query([key])?;
    rows.next()?.map(|row| decision_from(image, row)).transpose()
}

/// A decision by its id, with everything that was written beside it.
pub(super) fn body(image: Image<'_>, id: DecisionId) -> Result<Option<Body>, Fault> {
    let sql = format!("SELECT {DECISION} FROM decision WHERE id = ?1");
    let mut statement = image.prepare_cached(&sql)?;
    let mut rows = statement.query([id.as_bytes()])?;
    rows.next()?.map(|row| body_from(image, row)).transpose()
}

/// What was handed in under a digest.
pub(super) fn blob(connection: &Connection, digest: Digest) -> Result<Option<String>, Fault> {
    let mut statement = connection.prepare_cached("SELECT content FROM blob WHERE digest = ?1")?;
    let packed: Option<Vec<u8>> =
        statement.query_row([digest.as_bytes()], |row| row.get(0)).optional()?;
    let Some(packed) = packed else { return Ok(None) };
    let text = String::from_utf8(row::decompress(&packed, None)?)
        .map_err(|cause| row::damaged().with_source(cause))?;
    Ok(Some(text))
}
