//! One transaction: a batch of drafts becomes rows, or none of it does.

use std::borrow::Cow;
use std::sync::Arc;

use rusqlite::{Connection, ErrorCode, params};

use super::batch::{Batch, Standings};
use super::cards::{Cards, Facts, Step, Subject};
use super::chain;
use super::dictionary::{Dictionaries, Sample};
use super::entry::{Entry, Outcome, Reckoned};
use super::fault::Fault;
use super::inventory::{self, Changes, Names, PackedArrival};
use super::posting::{CHUNK, Kind, Postings};
use super::rollup;
use super::rows::{self, Image};
use super::sightings;
use crate::domain::decision::{Decision, Verdict};
use crate::domain::digest::Digest;
use crate::domain::error::{Error, ErrorKind};
use crate::domain::inventory::{Departure, Rejudged, ReleaseFilter, RunningRelease};
use crate::domain::scorecard::ScorecardRules;
use crate::record::{key_conflict, row};

/// The writer's connection and what it remembers between batches.
pub(super) struct Ledger {
    connection: Connection,
    version: i64,
    last_seq: Option<i64>,
    postings: Postings,
    rules: Option<(Arc<ScorecardRules>, i64)>,
    dictionaries: Arc<Dictionaries>,
    sample: Sample,
    names: Names,
}

impl Ledger {
    pub(super) fn new(connection: Connection, dictionaries: Arc<Dictionaries>) -> Self {
        Self {
            connection,
            version: -1,
            last_seq: None,
            postings: Postings::default(),
            rules: None,
            dictionaries,
            sample: Sample::default(),
            names: Names::default(),
        }
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    fn image(&self) -> Image<'_> {
        Image { connection: &self.connection, dictionaries: &self.dictionaries }
    }

    /// Looks at a decision that was written; `true` once there is enough to make a dictionary of.
    pub(super) fn sample(&mut self, facts: &Facts) -> bool {
        self.sample.add(facts)
    }

    /// Makes a dictionary of what was sampled. Without one rows are larger and nothing else is wrong.
    pub(super) fn store_dictionary(&mut self) {
        if let Err(fault) = self.sample.store(&self.connection, &self.dictionaries) {
            tracing::warn!(cause = ?fault, "Cannot store a dictionary: rows will be larger");
        }
    }

    /// Writes a batch in one transaction.
    ///
    /// # Errors
    /// Whatever stopped it; then nothing of it was written.
    pub(super) fn write<'e>(
        &mut self,
        entries: impl Iterator<Item = &'e Entry>,
        cards: &Cards,
    ) -> Result<(Vec<Outcome>, Standings), Fault> {
        let written = self.fill(entries, cards);
        if written.is_err() {
            self.roll_back();
        }
        written
    }

    /// Notes in a transaction of its own what releases were judged by.
    ///
    /// # Errors
    /// Whatever stopped it; then nothing of it was written.
    pub(super) fn note(&mut self, rejudged: &[Rejudged]) -> Result<(), Fault> {
        self.alone(|ledger| {
            rejudged.iter().try_for_each(|one| inventory::note(&ledger.connection, one))
        })
    }

    /// Takes releases out of the list of what runs, in a transaction of its own.
    ///
    /// # Errors
    /// Whatever stopped it; then all of them are still listed.
    pub(super) fn forget(
        &mut self,
        filter: &ReleaseFilter,
        departure: &Departure,
    ) -> Result<Vec<RunningRelease>, Fault> {
        self.alone(|ledger| inventory::forget(&ledger.connection, filter, departure))
    }

    /// Puts releases back into the list of what runs, in a transaction of its own; tells how many.
    ///
    /// # Errors
    /// Whatever stopped it; then nothing of it was written.
    pub(super) fn restore(
        &mut self,
        releases: &[(Arc<Decision>, PackedArrival)],
    ) -> Result<usize, Fault> {
        self.alone(|ledger| {
            let mut changes = Changes::default();
            let mut n_restored = 0;
            for (decision, arrival) in releases {
                let kept = (&mut ledger.names, &mut changes);
                let restored = inventory::restore(&ledger.connection, kept, decision, arrival)?;
                n_restored += usize::from(restored);
            }
            changes.write(&ledger.connection)?;
            Ok(n_restored)
        })
    }

    /// Does something in a transaction of its own.
    fn alone<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        let done = self.run("BEGIN IMMEDIATE").and_then(|()| {
            let done = work(self)?;
            self.run("COMMIT")?;
            Ok(done)
        });
        if done.is_err() {
            self.roll_back();
        }
        done
    }

    /// Finds out whether a transaction can begin, and after a failure whether one can be written.
    pub(super) fn probe(&mut self, after_failure: bool) -> Result<(), Fault> {
        let sql = if after_failure {
            "BEGIN IMMEDIATE; UPDATE probe SET n = n + 1, filler = zeroblob(131072); COMMIT"
        } else {
            "BEGIN IMMEDIATE; ROLLBACK"
        };
        let probed = self.connection.execute_batch(sql);
        if probed.is_err() {
            self.roll_back();
        }
        Ok(probed?)
    }

    fn roll_back(&mut self) {
        if !self.connection.is_autocommit() {
            // A rollback that fails leaves the transaction to the next one, which fails and says so.
            let _failed = self.connection.execute_batch("ROLLBACK");
        }
        self.version = -1;
        self.names.forget();
    }

    fn fill<'e>(
        &mut self,
        entries: impl Iterator<Item = &'e Entry>,
        cards: &Cards,
    ) -> Result<(Vec<Outcome>, Standings), Fault> {
        self.run("BEGIN IMMEDIATE")?;
        self.notice_others(cards)?;
        let mut batch = Batch::default();
        let outcomes = entries
            .map(|entry| self.put(entry, &mut batch, cards))
            .collect::<Result<Vec<Outcome>, Fault>>()?;
        self.postings.write(&self.connection)?;
        let standings = batch.write(&self.connection)?;
        self.run("COMMIT")?;
        Ok((outcomes, standings))
    }

    fn run(&self, sql: &str) -> Result<(), Fault> {
        self.connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    }

    /// Forgets what is remembered when another process wrote since the last batch, or the last batch was rolled back.
    fn notice_others(&mut self, cards: &Cards) -> Result<(), Fault> {
        let version: i64 = self
            .connection
            .prepare_cached("PRAGMA data_version")?
            .query_row([], |row| row.get(0))?;
        if version != self.version {
            cards.forget();
            self.postings.forget();
            self.names.forget();
            self.rules = None;
            self.last_seq = None;
            self.version = version;
        }
        Ok(())
    }

    fn put(&mut self, entry: &Entry, batch: &mut Batch, cards: &Cards) -> Result<Outcome, Fault> {
        let step = match &entry.subject {
            Some(subject) => Some(self.step(entry, subject, batch, cards)?),
            None => None,
        };
        let seq = self.last_seq()? + 1;
        let rules = self.rules(&entry.facts.rules)?;
        let place = entry.subject.as_ref().and_then(|subject| batch.place(subject));
        if let Err(fault) = self.insert(entry, seq, place, rules, step.as_deref()) {
            return if unique_violation(&fault) { self.twice(entry) } else { Err(fault) };
        }
        self.last_seq = Some(seq);
        if seq.rem_euclid(CHUNK) == 0 {
            rollup::close(&self.connection, seq.div_euclid(CHUNK) - 1)?;
        }
        self.keep_blobs(entry)?;
        self.keep_sightings(entry)?;
        self.keep_release(entry, place, batch)?;
        let team = step.as_ref().map_or(entry.facts.team.as_str(), |step| &step.after.team);
        self.mark(entry, team, seq)?;
        batch.note(&entry.facts.decision, entry.subject.as_ref(), step.as_deref(), seq);
        Ok(Outcome::Written(match step {
            Some(Cow::Borrowed(_)) => Reckoned::ByCaller,
            Some(Cow::Owned(step)) => Reckoned::ByWriter(Some(step.delta)),
            None => Reckoned::ByWriter(None),
        }))
    }

    /// The caller's step when it began at what stands in the file, else one that does.
    fn step<'e>(
        &self,
        entry: &'e Entry,
        subject: &Arc<Subject>,
        batch: &mut Batch,
        cards: &Cards,
    ) -> Result<Cow<'e, Step>, Fault> {
        let latest = batch.latest(&self.connection, cards, subject)?;
        match &entry.step {
            Some(step) if step.began_at(latest) => Ok(Cow::Borrowed(step)),
            _ => Ok(Cow::Owned(Step::take(&entry.facts, subject, latest.map(Arc::clone))?)),
        }
    }

    fn last_seq(&self) -> Result<i64, Fault> {
        match self.last_seq {
            Some(seq) => Ok(seq),
            None => Ok(chain::last(&self.connection)?),
        }
    }

    /// The row of the rules; they change with a revision only.
    fn rules(&mut self, rules: &Arc<ScorecardRules>) -> Result<i64, Fault> {
        if let Some((known, id)) = &self.rules
            && Arc::ptr_eq(known, rules)
        {
            return Ok(*id);
        }
        let body = row::json(&**rules)?;
        let digest = Digest::of(body.as_bytes());
        self.connection
            .prepare_cached("INSERT OR IGNORE INTO rules (digest, body) VALUES (?1, ?2)")?
            .execute(params![digest.as_bytes(), body])?;
        let id = self
            .connection
            .prepare_cached("SELECT id FROM rules WHERE digest = ?1")?
            .query_row([digest.as_bytes()], |row| row.get(0))?;
        self.rules = Some((Arc::clone(rules), id));
        Ok(id)
    }

    fn insert(
        &self,
        entry: &Entry,
        seq: i64,
        place: Option<(i64, Option<i64>)>,
        rules: i64,
        step: Option<&Step>,
    ) -> Result<(), Fault> {
        let decision = &entry.facts.decision;
        let delta = step.map(|step| std::str::from_utf8(&step.delta_json)).transpose();
        let delta = delta
            .map_err(|cause| Error::internal_fault("a delta is not UTF-8").with_source(cause))?;
        self.connection
            .prepare_cached(
                "INSERT INTO decision (seq, prev, id, subject, time, verdict, rules, input, key, delta, \
                 dictionary, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            )?
            .execute(params![
                seq,
                place.and_then(|(_, prev)| prev),
                decision.id.as_bytes(),
                place.map(|(subject, _)| subject),
                decision.time.as_millis(),
                i64::from(decision.verdict == Verdict::Deny),
                rules,
                decision.input_digest.as_bytes(),
                entry.key.as_ref().map(|key| key.digest),
                delta,
                entry.dictionary,
                entry.body,
            ])?;
        Ok(())
    }

    /// What an entry means whose key or id is there already.
    fn twice(&self, entry: &Entry) -> Result<Outcome, Fault> {
        if let Some(key) = &entry.key
            && let Some(earlier) = rows::decision_of_key(self.image(), &key.digest)?
        {
            let same = earlier.input_digest == entry.facts.decision.input_digest;
            return Ok(if same {
                Outcome::Earlier(Arc::new(earlier))
            } else {
                Outcome::Refused(key_conflict(&key.text, earlier.id))
            });
        }
        let id = entry.facts.decision.id;
        Ok(Outcome::Refused(Error::new(
            ErrorKind::Conflict,
            format!("the decision `{id}` was recorded before"),
        )))
    }

    fn keep_blobs(&self, entry: &Entry) -> Result<(), Fault> {
        let mut statement = self.connection.prepare_cached(
            "INSERT OR IGNORE INTO blob (digest, size, content) VALUES (?1, ?2, ?3)",
        )?;
        for blob in &entry.blobs {
            let size = i64::try_from(blob.size).unwrap_or(i64::MAX);
            statement.execute(params![blob.digest.as_bytes(), size, blob.content])?;
        }
        Ok(())
    }

    fn keep_sightings(&self, entry: &Entry) -> Result<(), Fault> {
        let Some(subject) = entry.subject.as_ref().filter(|_| !entry.sightings.is_empty()) else {
            return Ok(());
        };
        let time = entry.facts.decision.time;
        sightings::keep(&self.connection, &subject.service.to_string(), time, &entry.sightings)
    }

    fn keep_release(
        &mut self,
        entry: &Entry,
        place: Option<(i64, Option<i64>)>,
        batch: &mut Batch,
    ) -> Result<(), Fault> {
        if let Some(rejudged) = &entry.rejudged {
            inventory::note(&self.connection, rejudged)?;
        }
        let (Some(arrival), Some((subject, _))) = (&entry.arrival, place) else { return Ok(()) };
        let kept = (&mut self.names, batch.inventory());
        inventory::arrive(&self.connection, kept, subject, &entry.facts.decision, arrival)
    }

    fn mark(&mut self, entry: &Entry, team: &str, seq: i64) -> Result<(), Fault> {
        let decision = &entry.facts.decision;
        let mut mark = |kind, text: &str| self.postings.mark(&self.connection, kind, text, seq);
        mark(Kind::Verdict, decision.verdict.as_str())?;
        mark(Kind::Environment, decision.environment.as_str())?;
        if !team.is_empty() {
            mark(Kind::Team, team)?;
        }
        for finding in &decision.findings {
            mark(Kind::Code, finding.code.as_str())?;
        }
        Ok(())
    }
}

fn unique_violation(fault: &Fault) -> bool {
    match fault {
        Fault::Sql(rusqlite::Error::SqliteFailure(error, _)) => {
            error.code == ErrorCode::ConstraintViolation
                && error.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE
        }
        Fault::Sql(_) | Fault::Ours(_) => false,
    }
}
