//! What runs: listed, judged again, and every version that anything holds.

use std::sync::Arc;

use rusqlite::{Connection, Row, params};

use super::names::{VIA_DIRECT, VIA_FIRST_PACKAGE, VIA_UNKNOWN};
use super::numbers::{self, Part};
use super::release_id;
use crate::domain::clock::Timestamp;
use crate::domain::decision::DecisionId;
use crate::domain::digest::Digest;
use crate::domain::inventory::{
    Held, Judged, Rejudged, ReleaseFilter, ReleaseId, RunningComponent, RunningRelease, Watched,
};
use crate::domain::package::{Ecosystem, Package};
use crate::domain::service::{Environment, ServiceRef};
use crate::record::row;
use crate::record::sqlite::fault::Fault;
use crate::record::sqlite::rows::Image;

/// Where a release stands in the list: service, environment, part.
pub(in crate::record::sqlite) type ReleaseKey = (String, String, String);

/// The first `limit` releases behind `after`, by service, environment and part.
pub(in crate::record::sqlite) fn releases(
    connection: &Connection,
    filter: &ReleaseFilter,
    after: &ReleaseKey,
    limit: usize,
) -> Result<Vec<(ReleaseKey, RunningRelease)>, Fault> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(
        "SELECT service, environment, part, team, images, n_components, running.decision, running.time \
         FROM subject JOIN running ON running.subject = subject.id \
         WHERE (service, environment, part) > (?1, ?2, ?3) \
         AND (?4 IS NULL OR service = ?4) AND (?5 IS NULL OR environment = ?5) AND (?6 IS NULL OR team = ?6) \
         AND (?7 IS NULL OR part = ?7) ORDER BY service, environment, part LIMIT ?8",
    )?;
    let service = filter.service.as_ref().map(ToString::to_string);
    let environment = filter.environment.as_ref().map(Environment::as_str);
    let mut rows = statement.query(params![
        after.0,
        after.1,
        after.2,
        service,
        environment,
        filter.team,
        filter.part,
        limit
    ])?;
    let mut releases = Vec::new();
    while let Some(row) = rows.next()? {
        let key = (row.get(0)?, row.get(1)?, row.get(2)?);
        let release = release_from(row, &key)?;
        releases.push((key, release));
    }
    Ok(releases)
}

fn release_from(row: &Row<'_>, key: &ReleaseKey) -> Result<RunningRelease, Fault> {
    let images: String = row.get("images")?;
    let n_components: i64 = row.get("n_components")?;
    Ok(RunningRelease {
        service: key.0.parse().map_err(|_wrong| row::damaged())?,
        environment: key.1.parse().map_err(|_wrong| row::damaged())?,
        part: key.2.clone(),
        team: row.get("team")?,
        images: serde_json::from_str(&images).map_err(|cause| row::damaged().with_source(cause))?,
        n_components: usize::try_from(n_components).unwrap_or_default(),
        decision: DecisionId::from_bytes(row.get("decision")?),
        time: Timestamp::from_millis(row.get("time")?),
    })
}

/// Every component of a service in an environment, by name and version; `None` when nothing of it runs there.
pub(in crate::record::sqlite) fn components(
    image: &Image<'_>,
    service: &ServiceRef,
    environment: &Environment,
) -> Result<Option<Vec<RunningComponent>>, Fault> {
    let mut statement = image.prepare_cached(
        "SELECT holdings FROM subject JOIN running ON running.subject = subject.id \
         LEFT JOIN kept ON kept.running = running.id WHERE service = ?1 AND environment = ?2",
    )?;
    let mut rows = statement.query(params![service.to_string(), environment.as_str()])?;
    let (mut components, mut runs) = (Vec::new(), false);
    while let Some(row) = rows.next()? {
        runs = true;
        let bytes = row.get_ref(0)?.as_blob_or_null().map_err(rusqlite::Error::from)?;
        for part in numbers::list(bytes.unwrap_or_default())? {
            components.push(component(image, part)?);
        }
    }
    components.sort_unstable();
    components.dedup();
    Ok(runs.then_some(components))
}

fn component(image: &Image<'_>, part: Part) -> Result<RunningComponent, Fault> {
    let through = match part.via {
        VIA_UNKNOWN | VIA_DIRECT => String::new(),
        through => package(image, through - VIA_FIRST_PACKAGE)?.name.to_string(),
    };
    let version: Option<String> = image
        .prepare_cached("SELECT text FROM version WHERE package = ?1 AND number = ?2")?
        .query_row([part.package, part.version], |row| row.get(0))?;
    let Package { ecosystem, name } = package(image, part.package)?;
    Ok(RunningComponent {
        package: name,
        version: version.unwrap_or_default(),
        ecosystem,
        direct: part.via == VIA_DIRECT,
        through,
    })
}

fn package(image: &Image<'_>, id: i64) -> Result<Package, Fault> {
    let mut statement =
        image.prepare_cached("SELECT name, ecosystem FROM package WHERE id = ?1")?;
    Ok(statement.query_row([id], |row| package_from(row, 0))?)
}

/// Reads name and ecosystem from two columns.
fn package_from(row: &Row<'_>, first: usize) -> rusqlite::Result<Package> {
    let (name, ecosystem): (String, String) = (row.get(first)?, row.get(first + 1)?);
    Ok(Package { ecosystem: Ecosystem::new(ecosystem), name: Arc::from(name) })
}

/// Every version of every package that was ever held.
pub(in crate::record::sqlite) fn held(image: &Image<'_>) -> Result<Vec<Held>, Fault> {
    let mut statement = image.prepare_cached(
        "SELECT version.package, number, text, name, ecosystem FROM version \
         JOIN package ON package.id = version.package ORDER BY version.package, number",
    )?;
    let held = statement.query_map([], |row| {
        let text: Option<String> = row.get(2)?;
        Ok(Held {
            package: row.get(0)?,
            version: row.get(1)?,
            name: package_from(row, 3)?,
            text: text.map(Arc::from),
        })
    })?;
    Ok(held.collect::<Result<_, _>>()?)
}

/// A release, to be judged again; `None` when it runs no more.
pub(in crate::record::sqlite) fn watched(
    image: &Image<'_>,
    id: ReleaseId,
) -> Result<Option<Watched>, Fault> {
    let mut statement = image.prepare_cached(
        "SELECT running.id, environment, running.decision, troubles, outcome, due, content FROM running \
         JOIN subject ON subject.id = running.subject JOIN kept ON kept.running = running.id \
         WHERE running.id = ?1",
    )?;
    let mut rows = statement.query([id.0])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let environment: String = row.get("environment")?;
    let troubles: i64 = row.get("troubles")?;
    let due: Option<i64> = row.get("due")?;
    let content = row.get_ref("content")?.as_blob().map_err(rusqlite::Error::from)?;
    let kept = String::from_utf8(row::decompress(content, None)?)
        .map_err(|cause| row::damaged().with_source(cause))?;
    Ok(Some(Watched {
        id: release_id(row)?,
        environment: environment.parse().map_err(|_wrong| row::damaged())?,
        arrived: DecisionId::from_bytes(row.get("decision")?),
        judged: Judged {
            troubles: troubles.cast_unsigned(),
            outcome: Digest::from_bytes(row.get("outcome")?),
            due: due.map(Timestamp::from_millis),
        },
        kept,
    }))
}

/// Notes what a release was judged by, unless another one has taken its place.
pub(in crate::record::sqlite) fn note(
    connection: &Connection,
    rejudged: &Rejudged,
) -> Result<(), Fault> {
    let Rejudged { release, arrived, judged } = rejudged;
    connection
        .prepare_cached(
            "UPDATE running SET troubles = ?1, outcome = ?2, due = ?3 WHERE id = ?4 AND decision = ?5",
        )?
        .execute(params![
            judged.troubles.cast_signed(),
            judged.outcome.as_bytes(),
            judged.due.map(Timestamp::as_millis),
            release.0,
            arrived.as_bytes(),
        ])?;
    Ok(())
}
