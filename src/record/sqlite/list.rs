//! Lists, newest first, by any combination of conditions, at a cost that does not grow with what is not asked for.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params, params_from_iter};

use super::chain::{self, Known};
use super::fault::Fault;
use super::posting::{self, Bits, CHUNK, Kind};
use super::rollup::{DAY, Day};
use super::rows::{self, Image};
use crate::domain::clock::Timestamp;
use crate::domain::decision::{Decision, DecisionId};
use crate::domain::scorecard::{Scorecard, ScorecardPoint};
use crate::domain::service::{Environment, ServiceRef};
use crate::record::{DecisionFilter, ScorecardFilter};

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
    let seqs = Query::of(&image, filter)?.seqs(&image, before, limit)?;
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
    /// Any of these, or any at all.
    subjects: Option<Vec<Known>>,
    since: i64,
    until: i64,
}

impl Query {
    fn of(connection: &Connection, filter: &DecisionFilter) -> Result<Self, Fault> {
        let mut terms = Vec::new();
        // Likely rarest first: the first one leads.
        terms.extend(filter.code.as_ref().map(|code| (Kind::Code, code.to_string())));
        terms.extend(filter.team.as_ref().map(|team| (Kind::Team, team.clone())));
        terms.extend(filter.verdict.map(|verdict| (Kind::Verdict, verdict.to_string())));
        let environment = filter.environment.as_ref();
        let subjects = filter.service.as_ref();
        let subjects = subjects.map(|service| subjects_of(connection, service, environment));
        let name = environment.filter(|_| filter.service.is_none());
        terms.extend(name.map(|name| (Kind::Environment, name.to_string())));
        Ok(Self {
            terms,
            subjects: subjects.transpose()?,
            since: filter.since.map_or(i64::MIN, Timestamp::as_millis),
            until: filter.until.map_or(i64::MAX, Timestamp::as_millis),
        })
    }

    fn any_time(&self) -> bool {
        self.since == i64::MIN && self.until == i64::MAX
    }

    /// At most `limit` decisions before the position `before`, newest first.
    fn seqs(&self, connection: &Connection, before: i64, limit: usize) -> Result<Vec<i64>, Fault> {
        let before = before.min(chain::last(connection)? + 1);
        let Some((lead, others)) = self.terms.split_first() else {
            return match &self.subjects {
                Some(subjects) if self.any_time() => {
                    chain::newest_first(connection, subjects, before, limit)
                }
                Some(_) | None => self.unled(connection, before, limit),
            };
        };
        self.led(connection, lead, others, before, limit)
    }

    /// By the rows of bits of the condition `lead`.
    fn led(
        &self,
        connection: &Connection,
        (kind, text): &(Kind, String),
        others: &[(Kind, String)],
        before: i64,
        limit: usize,
    ) -> Result<Vec<i64>, Fault> {
        let chunks = self.chunks(connection, before)?;
        let mut statement = connection.prepare_cached(
            "SELECT chunk, bits FROM posting WHERE kind = ?1 AND text = ?2 AND chunk BETWEEN ?3 AND ?4 \
             ORDER BY chunk DESC",
        )?;
        let mut rows =
            statement.query(params![*kind as i64, text, chunks.start(), chunks.end()])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()?.filter(|_| found.len() < limit) {
            let chunk: i64 = row.get(0)?;
            let mut bits =
                Bits::from_bytes(row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?);
            self.narrow(connection, others, chunk, &mut bits)?;
            let seqs = bits.newest_first(chunk).filter(|seq| *seq < before);
            found.extend(seqs.take(limit - found.len()));
        }
        Ok(found)
    }

    /// Chunk by chunk, when no condition has bits.
    fn unled(&self, connection: &Connection, before: i64, limit: usize) -> Result<Vec<i64>, Fault> {
        let mut found = Vec::new();
        for chunk in self.chunks(connection, before)?.rev() {
            if found.len() >= limit {
                break;
            }
            let mut bits = Bits::all();
            self.narrow(connection, &[], chunk, &mut bits)?;
            let seqs = bits.newest_first(chunk).filter(|seq| (1..before).contains(seq));
            found.extend(seqs.take(limit - found.len()));
        }
        Ok(found)
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

    /// Keeps the decisions of `chunk` that have all `terms` and are of these subjects and of this time.
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
        if let Some(subjects) = &self.subjects {
            bits.keep(&chain::bits_in(connection, subjects, chunk)?);
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

/// A service in one environment, or in all of them.
fn subjects_of(
    connection: &Connection,
    service: &ServiceRef,
    environment: Option<&Environment>,
) -> Result<Vec<Known>, Fault> {
    let mut statement =
        connection.prepare_cached("SELECT id, seq, environment FROM subject WHERE service = ?1")?;
    let mut rows = statement.query([service.to_string()])?;
    let mut subjects = Vec::new();
    while let Some(row) = rows.next()? {
        let name = row.get_ref("environment")?.as_str().map_err(rusqlite::Error::from)?;
        if environment.is_none_or(|environment| environment.as_str() == name) {
            subjects.push(Known { id: row.get("id")?, seq: row.get("seq")? });
        }
    }
    Ok(subjects)
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
        found.push((key, rows::scorecard_from(connection, row)?.card));
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
    let subjects = subjects_of(connection, service, Some(environment))?;
    let mut statement =
        connection.prepare_cached("SELECT id, time, delta FROM decision WHERE seq = ?1")?;
    let mut found = Vec::new();
    for seq in chain::newest_first(connection, &subjects, before, limit)? {
        let mut rows = statement.query([seq])?;
        let Some(row) = rows.next()? else { continue };
        let delta = rows::delta_from(row)?.unwrap_or_default();
        let point = ScorecardPoint {
            decision: DecisionId::from_bytes(row.get("id")?),
            time: Timestamp::from_millis(row.get("time")?),
            score: delta.after,
            level: delta.level,
        };
        found.push((seq, point));
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
    let mut days: BTreeMap<i64, Day> = BTreeMap::new();
    let open = chain::last(connection)?.div_euclid(CHUNK);
    let mut finished = connection.prepare_cached(
        "SELECT day, n, denied, score FROM daily WHERE subject = ?1 ORDER BY day",
    )?;
    let sql =
        format!("SELECT {DAY} FROM decision WHERE seq / 1024 = ?1 AND subject = ?2 ORDER BY seq");
    let mut newest = connection.prepare_cached(&sql)?;
    for subject in subjects_of(connection, service, Some(environment))? {
        let mut rows = finished.query([subject.id])?;
        while let Some(row) = rows.next()? {
            let (n, denied) = (row.get("n")?, row.get("denied")?);
            days.insert(row.get("day")?, Day { n, denied, score: row.get("score")? });
        }
        let mut rows = newest.query([open, subject.id])?;
        while let Some(row) = rows.next()? {
            Day::add(&mut days, row, |day| day)?;
        }
    }
    let days = days.split_off(&since.as_days()).into_iter();
    Ok(days
        .map(|(day, Day { n, denied, score })| TrendDay {
            day,
            n_decisions: n,
            n_denied: denied,
            score,
        })
        .collect())
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
