//! Who holds a package: the rows of that package, and the names of the releases in them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rusqlite::params;

use super::names::{VIA_DIRECT, VIA_FIRST_PACKAGE, VIA_UNKNOWN};
use super::numbers::{self, Entry};
use crate::domain::clock::Timestamp;
use crate::domain::decision::DecisionId;
use crate::domain::inventory::{Holder, HolderCounts, HolderQuery, ReleaseId, Troubled, Within};
use crate::domain::package::Ecosystem;
use crate::record::row;
use crate::record::sqlite::fault::Fault;
use crate::record::sqlite::rows::Image;

/// Where a holder stands in the list: service, environment, part, ecosystem, version.
pub(in crate::record::sqlite) type HolderKey = (String, String, String, String, String);

/// A release that was hit, with its package's ecosystem and version.
struct Hit {
    entry: Entry,
    ecosystem: Ecosystem,
    version: Option<Arc<str>>,
    is_sure: bool,
}

/// A version that is asked for, and whether that is certain.
type Wanted = (Option<Arc<str>>, bool);

struct Release {
    service: String,
    environment: String,
    team: String,
    part: String,
    decision: DecisionId,
}

/// The first `limit` holders behind `after`, and how many there are.
pub(in crate::record::sqlite) fn who_has(
    image: &Image<'_>,
    query: &HolderQuery,
    after: Option<&HolderKey>,
    limit: usize,
) -> Result<(Vec<(HolderKey, Holder)>, HolderCounts), Fault> {
    let hits = hits(image, query)?;
    let n_releases = image
        .prepare_cached("SELECT count(*) FROM running")?
        .query_row([], |row| row.get::<_, i64>(0))?;
    let releases = releases(image, &hits, query)?;
    let mut found: Vec<(HolderKey, &Hit, &Release)> = Vec::with_capacity(hits.len());
    for hit in &hits {
        let Some(release) = releases.get(&hit.entry.release) else { continue };
        let version = hit.version.as_deref().unwrap_or_default();
        let names = [&release.service, &release.environment, &release.part];
        let [service, environment, part] = names.map(String::clone);
        let key = (service, environment, part, hit.ecosystem.to_string(), version.to_owned());
        found.push((key, hit, release));
    }
    found.sort_unstable_by(|(left, ..), (right, ..)| left.cmp(right));
    let services: BTreeSet<(&str, &str)> =
        found.iter().map(|(key, ..)| (key.0.as_str(), key.1.as_str())).collect();
    let counts = HolderCounts {
        n_services: services.len(),
        n_unsure: found.iter().filter(|(_, hit, _)| !hit.is_sure).count(),
        n_releases: usize::try_from(n_releases).unwrap_or_default(),
    };
    drop(services);
    let page = found.into_iter().filter(|(key, ..)| after.is_none_or(|after| key > after));
    let page = page.take(limit).map(|(key, hit, release)| {
        let holder = holder(image, query, hit, release)?;
        Ok((key, holder))
    });
    Ok((page.collect::<Result<_, Fault>>()?, counts))
}

/// The package under every ecosystem that is meant.
fn hits(image: &Image<'_>, query: &HolderQuery) -> Result<Vec<Hit>, Fault> {
    let wanted = &query.package.ecosystem;
    let mut hits = Vec::new();
    let mut statement =
        image.prepare_cached("SELECT id, ecosystem FROM package WHERE name = ?1")?;
    let packages = statement.query_map([&query.package.name], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
    })?;
    for package in packages {
        let (package, ecosystem) = package?;
        let ecosystem = Ecosystem::new(ecosystem);
        let is_meant = ecosystem == *wanted
            || ecosystem.family() == wanted.family() && wanted.release().is_none();
        if !is_meant {
            continue;
        }
        let versions = versions(image, package, query)?;
        if versions.is_empty() {
            continue;
        }
        let mut rows =
            image.prepare_cached("SELECT chunk, entries FROM holder WHERE package = ?1")?;
        let mut rows = rows.query([package])?;
        while let Some(row) = rows.next()? {
            let bytes = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
            for entry in numbers::entries(bytes, row.get(0)?)? {
                let Some((version, is_sure)) = versions.get(&entry.version) else { continue };
                let (ecosystem, version) = (ecosystem.clone(), version.clone());
                hits.push(Hit { entry, ecosystem, version, is_sure: *is_sure });
            }
        }
    }
    Ok(hits)
}

/// The versions of a package that are asked for, and whether that is certain.
fn versions(
    image: &Image<'_>,
    package: i64,
    query: &HolderQuery,
) -> Result<BTreeMap<i64, Wanted>, Fault> {
    let mut statement =
        image.prepare_cached("SELECT number, text FROM version WHERE package = ?1")?;
    let all = statement.query_map([package], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, Option<String>>(1)?))
    })?;
    let mut wanted = BTreeMap::new();
    for version in all {
        let (number, text) = version?;
        let is_sure = match (query.versions)(text.as_deref()) {
            Within::Yes => true,
            Within::Unsure => false,
            Within::No => continue,
        };
        wanted.insert(number, (text.map(Arc::from), is_sure));
    }
    Ok(wanted)
}

/// The releases of the hits, apart from those that the query leaves out.
fn releases(
    image: &Image<'_>,
    hits: &[Hit],
    query: &HolderQuery,
) -> Result<BTreeMap<i64, Release>, Fault> {
    let mut statement = image.prepare_cached(
        "SELECT service, environment, team, part, running.decision FROM running \
         JOIN subject ON subject.id = running.subject WHERE running.id = ?1",
    )?;
    let ids: BTreeSet<i64> = hits.iter().map(|hit| hit.entry.release).collect();
    let mut releases = BTreeMap::new();
    for id in ids {
        let mut rows = statement.query([id])?;
        let Some(row) = rows.next()? else { continue };
        let (environment, team): (String, String) = (row.get(1)?, row.get(2)?);
        if query.environment.as_ref().is_some_and(|wanted| wanted.as_str() != environment)
            || query.team.as_ref().is_some_and(|wanted| *wanted != team)
        {
            continue;
        }
        let release = Release {
            service: row.get(0)?,
            environment,
            team,
            part: row.get(3)?,
            decision: DecisionId::from_bytes(row.get(4)?),
        };
        releases.insert(id, release);
    }
    Ok(releases)
}

fn holder(
    image: &Image<'_>,
    query: &HolderQuery,
    hit: &Hit,
    release: &Release,
) -> Result<Holder, Fault> {
    let through = match hit.entry.via {
        VIA_UNKNOWN | VIA_DIRECT => String::new(),
        via => image
            .prepare_cached("SELECT name FROM package WHERE id = ?1")?
            .query_row([via - VIA_FIRST_PACKAGE], |row| row.get(0))?,
    };
    Ok(Holder {
        service: release.service.parse().map_err(|_wrong| row::damaged())?,
        environment: release.environment.parse().map_err(|_wrong| row::damaged())?,
        part: release.part.clone(),
        ecosystem: hit.ecosystem.clone(),
        package: Arc::clone(&query.package.name),
        version: hit.version.as_deref().unwrap_or_default().to_owned(),
        comparable: hit.is_sure,
        since: Timestamp::from_millis(hit.entry.since.saturating_mul(1000)),
        through,
        direct: hit.entry.via == VIA_DIRECT,
        team: release.team.clone(),
        decision: release.decision,
    })
}

/// The releases whose troubles are not those that they were last judged by, or one of whose grace periods is over.
pub(in crate::record::sqlite) fn stale(
    image: &Image<'_>,
    troubled: &[Troubled],
    base: u64,
    now: Timestamp,
) -> Result<Vec<(ReleaseId, u64)>, Fault> {
    let mut by_package: BTreeMap<i64, BTreeMap<i64, u64>> = BTreeMap::new();
    for Troubled { package, version, trouble } in troubled {
        by_package.entry(*package).or_default().insert(*version, *trouble);
    }
    let mut sums: BTreeMap<i64, u64> = BTreeMap::new();
    let mut statement =
        image.prepare_cached("SELECT chunk, entries FROM holder WHERE package = ?1")?;
    for (package, versions) in by_package {
        let mut rows = statement.query([package])?;
        while let Some(row) = rows.next()? {
            let bytes = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
            for entry in numbers::entries(bytes, row.get(0)?)? {
                if let Some(trouble) = versions.get(&entry.version) {
                    let sum = sums.entry(entry.release).or_default();
                    *sum = sum.wrapping_add(*trouble);
                }
            }
        }
    }
    let mut statement = image.prepare_cached(
        "SELECT id, troubles, due FROM running JOIN kept ON kept.running = running.id ORDER BY id",
    )?;
    let mut rows = statement.query(params![])?;
    let mut stale = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, troubles, due): (i64, i64, Option<i64>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let sum = sums.get(&id).copied().unwrap_or_default().wrapping_add(base);
        if troubles.cast_unsigned() != sum || due.is_some_and(|due| due <= now.as_millis()) {
            stale.push((ReleaseId(id), sum));
        }
    }
    Ok(stale)
}
