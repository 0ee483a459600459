//! When troubles of components were first seen in a service.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use super::fault::Fault;
use super::rows::Image;
use crate::domain::clock::Timestamp;
use crate::domain::sighting::Sighting;

/// Everything that was seen in a service.
pub(super) fn of_service(
    image: &Image<'_>,
    service: &str,
) -> Result<BTreeMap<Sighting, Timestamp>, Fault> {
    let mut statement = image
        .prepare_cached("SELECT advisory, component, time FROM sighting WHERE service = ?1")?;
    let rows = statement.query_map([service], |row| {
        let (advisory, component): (String, String) = (row.get(0)?, row.get(1)?);
        let seen = Sighting { advisory: advisory.into(), component: component.into() };
        Ok((seen, Timestamp::from_millis(row.get(2)?)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Keeps what was seen at `time`; what was seen before keeps its own time.
pub(super) fn keep(
    connection: &Connection,
    service: &str,
    time: Timestamp,
    seen: &[Sighting],
) -> Result<(), Fault> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO sighting (service, advisory, component, time) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT DO UPDATE SET time = min(time, excluded.time)",
    )?;
    for Sighting { advisory, component } in seen {
        statement.execute(params![service, advisory, component, time.as_millis()])?;
    }
    Ok(())
}
