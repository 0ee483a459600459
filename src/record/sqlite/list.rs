//! Lists, newest first, by any combination of conditions, at a cost that does not grow with what is not asked for.

use std::ops::RangeInclusive;
use std::sync::Arc;

use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params, params_from_iter};

use super::fault::Fault;
use super::posting::{self, Bits, CHUNK, Kind};
use super::rows::{self, Image};
use crate::domain::clock::Timestamp;
use crate::domain::decision::{Decision, DecisionId};
use crate::domain::scorecard::{Scorecard, ScorecardPoint};
use crate::domain::service::{Environment, ServiceRef};
use crate::record::{DecisionFilter, ScorecardFilter};

/// Rows of one service that are looked at together.
const BLOCK: i64 = 256;

/// How a service fared in an environment on one day, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrendDay {
    /// Days since the Unix epoch.
    pub day: i64,
    /// How many decisions there were.
    pub n_decisions: u32,
    /// How many of them denied.
    pub n_denied: u32,
    /// The score after the last of them; `None` while no policy ever applied.
    pub score: Option<u8>,
}

/// At most `limit` decisions before the position `before`, newest first, each with its position.
pub(super) fn decisions(
    image: Image<'_>,
    filter: &DecisionFilter,
    before: i64,
    limit: usize,
) -> Result<Vec<(i64, Arc<Decision>)>, Fault> {
    let query = Query::of(filter);
    let seqs = match &filter.service {
        Some(service) => {
            let subjects = subjects(&image, service, filter.environment.as_ref())?;
            query.of_subjects(&image, &subjects, before, limit)?
        }
        None => query.of_all(&image, before, limit)?,
    };
    let sql = format!("SELECT {} FROM decision WHERE seq = ?1", rows::DECISION);
    let mut statement = image.prepare_cached(&sql)?;
    let mut found = Vec::with_capacity(seqs.len());
    for seq in seqs {
        let mut rows = statement.query([seq])?;
        if let Some(row) = rows.next()? {
            found.push((seq, Arc::new(rows::decision_from(image, row)?)));
        }
    }
    Ok(found)
}

/// The conditions that bits answer, and the time.
struct Query {
    terms: Vec<(Kind, String)>,
    since: i64,
    until: i64,
}

impl Query {
    fn of(filter: &DecisionFilter) -> Self {
        let mut terms = Vec::new();
        // Likely rarest first: the first one leads.
        terms.extend(filter.code.as_ref().map(|code| (Kind::Code, code.to_string())));
        terms.extend(filter.team.as_ref().map(|team| (Kind::Team, team.clone())));
        terms.extend(filter.verdict.map(|verdict| (Kind::Verdict, verdict.to_string())));
        let environment = filter.environment.as_ref().filter(|_| filter.service.is_none());
        terms.extend(environment.map(|name| (Kind::Environment, name.to_string())));
        Self {
            terms,
            since: filter.since.map_or(i64::MIN, Timestamp::as_millis),
            until: filter.until.map_or(i64::MAX, Timestamp::as_millis),
        }
    }

    fn any_time(&self) -> bool {
        self.since == i64::MIN && self.until == i64::MAX
    }

    fn of_all(
        &self,
        connection: &Connection,
        before: i64,
        limit: usize,
    ) -> Result<Vec<i64>, Fault> {
        let every = [(Kind::Every, String::new())];
        let terms = if self.terms.is_empty() { &every[..] } else { &self.terms };
        let Some(((kind, text), others)) = terms.split_first() else { return Ok(Vec::new()) };
        let chunks = self.chunks(connection, before)?;
        let mut statement = connection.prepare_cached(
            "SELECT chunk, bits FROM posting WHERE kind = ?1 AND text = ?2 AND chunk BETWEEN ?3 AND ?4 \
             ORDER BY chunk DESC",
        )?;
        let mut rows =
            statement.query(params![*kind as i64, text, chunks.start(), chunks.end()])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let chunk: i64 = row.get(0)?;
            let mut bits =
                Bits::from_bytes(row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?);
            self.narrow(connection, others, chunk, &mut bits)?;
            let seqs = bits.newest_first(chunk).filter(|seq| *seq < before);
            found.extend(seqs.take(limit - found.len()));
            if found.len() >= limit {
                break;
            }
        }
        Ok(found)
    }

    fn of_subjects(
        &self,
        connection: &Connection,
        subjects: &[i64],
        before: i64,
        limit: usize,
    ) -> Result<Vec<i64>, Fault> {
        let chunks = self.chunks(connection, before)?;
        let mut before = before.min((chunks.end() + 1).saturating_mul(CHUNK));
        let first = chunks.start() * CHUNK;
        let mut known: Option<(i64, Bits)> = None;
        let mut found = Vec::new();
        loop {
            let block = block(connection, subjects, before)?;
            for seq in &block {
                if *seq < first || found.len() >= limit {
                    return Ok(found);
                }
                let chunk = seq.div_euclid(CHUNK);
                let bits = match known {
                    Some((of, bits)) if of == chunk => bits,
                    _ => {
                        let mut bits = Bits::all();
                        self.narrow(connection, &self.terms, chunk, &mut bits)?;
                        bits
                    }
                };
                known = Some((chunk, bits));
                if bits.has(*seq) {
                    found.push(*seq);
                }
            }
            match block.last() {
                Some(last) => before = *last,
                None => return Ok(found),
            }
        }
    }

    /// The chunks that can hold a decision of this time before the position `before`.
    fn chunks(&self, connection: &Connection, before: i64) -> Result<RangeInclusive<i64>, Fault> {
        let end = before.saturating_sub(1).div_euclid(CHUNK);
        if self.any_time() {
            return Ok(0..=end);
        }
        let (first, last): (Option<i64>, Option<i64>) = connection
            .prepare_cached(
                "SELECT min(chunk), max(chunk) FROM span WHERE latest >= ?1 AND earliest < ?2 AND chunk <= ?3",
            )?
            .query_row(params![self.since, self.until, end], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(first.unwrap_or(1)..=last.unwrap_or(0))
    }

    /// Keeps the decisions of `chunk` that have all `terms` and are of this time.
    fn narrow(
        &self,
        connection: &Connection,
        terms: &[(Kind, String)],
        chunk: i64,
        bits: &mut Bits,
    ) -> Result<(), Fault> {
        for (kind, text) in terms {
            bits.keep(&posting::load(connection, *kind, text, chunk)?);
        }
        if self.any_time() || *bits == Bits::default() {
            return Ok(());
        }
        let (earliest, latest): (i64, i64) = connection
            .prepare_cached("SELECT earliest, latest FROM span WHERE chunk = ?1")?
            .query_row([chunk], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if earliest >= self.since && latest < self.until {
            return Ok(());
        }
        let mut of_time = Bits::default();
        if latest >= self.since && earliest < self.until {
            let mut statement = connection.prepare_cached(
                "SELECT seq FROM decision WHERE seq BETWEEN ?1 AND ?2 AND time >= ?3 AND time < ?4",
            )?;
            let first = chunk * CHUNK;
            let mut rows =
                statement.query(params![first, first + CHUNK - 1, self.since, self.until])?;
            while let Some(row) = rows.next()? {
                of_time.set(row.get(0)?);
            }
        }
        bits.keep(&of_time);
        Ok(())
    }
}

/// The newest decisions of any of the `subjects` before the position `before`.
fn block(connection: &Connection, subjects: &[i64], before: i64) -> Result<Vec<i64>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT seq FROM decision WHERE subject = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3",
    )?;
    let mut seqs = Vec::new();
    for subject in subjects {
        let rows = statement.query_map(params![subject, before, BLOCK], |row| row.get(0))?;
        for seq in rows {
            seqs.push(seq?);
        }
    }
    seqs.sort_unstable_by(|a: &i64, b: &i64| b.cmp(a));
    // Behind the block of the subject with the most recent decisions others may have more.
    seqs.truncate(usize::try_from(BLOCK).unwrap_or(usize::MAX));
    Ok(seqs)
}

/// A service in one environment, or in all of them.
fn subjects(
    connection: &Connection,
    service: &ServiceRef,
    environment: Option<&Environment>,
) -> Result<Vec<i64>, Fault> {
    let mut statement =
        connection.prepare_cached("SELECT id, environment FROM subject WHERE service = ?1")?;
    let mut rows = statement.query([service.to_string()])?;
    let mut ids = Vec::new();
    while let Some(row) = rows.next()? {
        let name = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
        if environment.is_none_or(|environment| environment.as_str() == name) {
            ids.push(row.get(0)?);
        }
    }
    Ok(ids)
}

/// A service and an environment, as text.
type Name = (String, String);

/// At most `limit` scorecards behind the service and environment `after`, each with its own.
pub(super) fn scorecards(
    connection: &Connection,
    filter: &ScorecardFilter,
    after: Name,
    limit: usize,
) -> Result<Vec<(Name, Arc<Scorecard>)>, Fault> {
    let (sql, values) = scorecard_query(filter, after, limit);
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let key = (row.get("service")?, row.get("environment")?);
        found.push((key, rows::scorecard_from(row)?.card));
    }
    Ok(found)
}

fn scorecard_query(filter: &ScorecardFilter, after: Name, limit: usize) -> (String, Vec<Sql>) {
    // Fixed fragments: a condition that is not asked for must not hide an index.
    let mut sql = format!(
        "SELECT {}, service, environment FROM subject JOIN standing ON standing.subject = subject.id \
         WHERE (service, environment) > (?, ?)",
        rows::SCORECARD
    );
    let mut values = vec![Sql::Text(after.0), Sql::Text(after.1)];
    let environment = filter.environment.as_ref().map(ToString::to_string);
    let conditions = [
        // The second half lets SQLite see that the partial index holds every such row.
        (" AND team = ? AND team <> ''", filter.team.clone()),
        (" AND system = ? AND system <> ''", filter.system.clone()),
        (" AND level = ?", filter.level.clone()),
        (" AND environment = ?", environment),
    ];
    for (condition, value) in conditions {
        if let Some(value) = value {
            sql.push_str(condition);
            values.push(Sql::Text(value));
        }
    }
    sql.push_str(" ORDER BY service, environment LIMIT ?");
    values.push(Sql::Integer(i64::try_from(limit).unwrap_or(i64::MAX)));
    (sql, values)
}

/// At most `limit` points of a scorecard's history before the position `before`, newest first.
pub(super) fn history(
    connection: &Connection,
    service: &ServiceRef,
    environment: &Environment,
    before: i64,
    limit: usize,
) -> Result<Vec<(i64, ScorecardPoint)>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT seq, id, time, delta FROM decision WHERE subject = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut found = Vec::new();
    for subject in subjects(connection, service, Some(environment))? {
        let mut rows = statement.query(params![subject, before, limit])?;
        while let Some(row) = rows.next()? {
            let delta = rows::delta_from(row)?.unwrap_or_default();
            found.push((
                row.get("seq")?,
                ScorecardPoint {
                    decision: DecisionId::from_bytes(row.get("id")?),
                    time: Timestamp::from_millis(row.get("time")?),
                    score: delta.after,
                    level: delta.level,
                },
            ));
        }
    }
    Ok(found)
}

/// How a service fared in an environment, day by day from the day `since` on, oldest first.
pub(super) fn trend(
    connection: &Connection,
    service: &ServiceRef,
    environment: &Environment,
    since: Timestamp,
) -> Result<Vec<TrendDay>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT day, n, denied, score FROM daily WHERE subject = ?1 AND day >= ?2 ORDER BY day",
    )?;
    let mut days = Vec::new();
    for subject in subjects(connection, service, Some(environment))? {
        let mut rows = statement.query(params![subject, since.as_days()])?;
        while let Some(row) = rows.next()? {
            days.push(TrendDay {
                day: row.get("day")?,
                n_decisions: row.get("n")?,
                n_denied: row.get("denied")?,
                score: row.get("score")?,
            });
        }
    }
    Ok(days)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sqlite::open;

    /// How SQLite answers the list of scorecards.
    fn plan(filter: &ScorecardFilter) -> String {
        let dir = tempfile::tempdir().unwrap();
        let (connection, _) = open::writer(dir.path()).unwrap();
        let (sql, values) = scorecard_query(filter, (String::new(), String::new()), 50);
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let rows = statement.query_map(params_from_iter(values), |row| row.get::<_, String>(3));
        rows.unwrap().map(Result::unwrap).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn every_list_of_scorecards_is_led_by_its_index_and_never_sorted() {
        let some = || Some("x".to_owned());
        let any = ScorecardFilter::default;
        for (filter, index) in [
            (any(), "subject_name"),
            (ScorecardFilter { team: some(), ..any() }, "subject_team"),
            (ScorecardFilter { system: some(), ..any() }, "subject_system"),
            (ScorecardFilter { level: some(), ..any() }, "subject_level"),
        ] {
            let plan = plan(&filter);
            assert!(plan.contains(&format!("SEARCH subject USING INDEX {index}")), "{plan}");
            assert!(!plan.contains("TEMP B-TREE") && !plan.contains("SCAN"), "{plan}");
        }
    }
}
