//! What a batch gathers and writes once at its end: scorecards that moved, spans of time.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use rusqlite::{Connection, params};

use super::cards::{Cards, Standing, Step, Subject};
use super::fault::Fault;
use super::inventory::Changes;
use super::posting::CHUNK;
use super::rows;
use crate::domain::decision::Decision;
use crate::domain::scorecard::Scorecard;

/// What stands in the file after a batch, for every subject of it.
pub(super) type Standings = BTreeMap<Arc<Subject>, Standing>;

/// What one batch gathers and writes once at its end.
#[derive(Default)]
pub(super) struct Batch {
    subjects: BTreeMap<Arc<Subject>, Touched>,
    last_subject: Option<i64>,
    span: BTreeMap<i64, (i64, i64)>,
    inventory: Changes,
}

struct Touched {
    id: i64,
    is_new: bool,
    card: Option<Arc<Scorecard>>,
    /// Its newest decision, by its position.
    seq: Option<i64>,
    /// The row of `card`, when this batch made it another one.
    row: Option<Bytes>,
}

impl Batch {
    /// Where `subject` stands after what the batch holds so far.
    pub(super) fn latest(
        &mut self,
        connection: &Connection,
        cards: &Cards,
        subject: &Arc<Subject>,
    ) -> Result<Option<&Arc<Scorecard>>, Fault> {
        if !self.subjects.contains_key(subject) {
            let standing = match cards.in_file(subject) {
                Some(standing) => Some(standing),
                None => rows::standing(connection, subject)?,
            };
            let id = match &standing {
                Some(standing) => standing.id,
                None => self.new_subject(connection)?,
            };
            let is_new = standing.is_none();
            let seq = standing.as_ref().map(|standing| standing.seq);
            let card = standing.map(|standing| standing.card);
            let touched = Touched { id, is_new, card, seq, row: None };
            self.subjects.insert(Arc::clone(subject), touched);
        }
        Ok(self.subjects.get(subject).and_then(|touched| touched.card.as_ref()))
    }

    /// The row of a subject that [`Self::latest`] was asked for, and its newest decision.
    pub(super) fn place(&self, subject: &Arc<Subject>) -> Option<(i64, Option<i64>)> {
        self.subjects.get(subject).map(|touched| (touched.id, touched.seq))
    }

    /// What changes in the rows of packages.
    pub(super) fn inventory(&mut self) -> &mut Changes {
        &mut self.inventory
    }

    /// The id of a subject that is not in the file yet.
    fn new_subject(&mut self, connection: &Connection) -> Result<i64, Fault> {
        let last = match self.last_subject {
            Some(last) => last,
            None => connection
                .prepare_cached("SELECT coalesce(max(id), 0) FROM subject")?
                .query_row([], |row| row.get(0))?,
        };
        self.last_subject = Some(last + 1);
        Ok(last + 1)
    }

    /// Notes that `decision` was written as `seq`, and took `step` for `subject`.
    pub(super) fn note(
        &mut self,
        decision: &Decision,
        subject: Option<&Arc<Subject>>,
        step: Option<&Step>,
        seq: i64,
    ) {
        let time = decision.time.as_millis();
        let span = self.span.entry(seq.div_euclid(CHUNK)).or_insert((time, time));
        *span = (span.0.min(time), span.1.max(time));
        let touched = subject.and_then(|subject| self.subjects.get_mut(subject));
        let (Some(touched), Some(step)) = (touched, step) else { return };
        touched.card = Some(Arc::clone(&step.after));
        touched.seq = Some(seq);
        if let Some(row) = &step.row {
            touched.row = Some(row.clone());
        }
    }

    /// Writes what was gathered and tells what stands in the file then.
    pub(super) fn write(self, connection: &Connection) -> Result<Standings, Fault> {
        let mut span = connection.prepare_cached(
            "INSERT INTO span (chunk, earliest, latest) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET \
             earliest = min(earliest, excluded.earliest), latest = max(latest, excluded.latest)",
        )?;
        for (chunk, (earliest, latest)) in self.span {
            span.execute(params![chunk, earliest, latest])?;
        }
        self.inventory.write(connection)?;
        let mut standings = Standings::new();
        for (subject, touched) in self.subjects {
            touched.write(connection, &subject)?;
            if let Touched { id, card: Some(card), seq: Some(seq), .. } = touched {
                standings.insert(subject, Standing { id, seq, card });
            }
        }
        Ok(standings)
    }
}

impl Touched {
    fn write(&self, connection: &Connection, subject: &Subject) -> Result<(), Fault> {
        let (Some(seq), Some(card), Some(row)) = (self.seq, &self.card, &self.row) else {
            return Ok(());
        };
        if self.is_new {
            connection
                .prepare_cached(
                    "INSERT INTO subject (team, system, level, score, seq, id, service, environment) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                )?
                .execute(params![
                    card.team,
                    card.system,
                    card.level,
                    card.score,
                    seq,
                    self.id,
                    subject.service.to_string(),
                    subject.environment.as_str(),
                ])?;
        } else {
            connection
                .prepare_cached(
                    "UPDATE subject SET team = ?1, system = ?2, level = ?3, score = ?4, seq = ?5 WHERE id = ?6",
                )?
                .execute(params![card.team, card.system, card.level, card.score, seq, self.id])?;
        }
        connection
            .prepare_cached("INSERT OR REPLACE INTO standing (subject, card) VALUES (?1, ?2)")?
            .execute(params![self.id, &**row])?;
        Ok(())
    }
}
