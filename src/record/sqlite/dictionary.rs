//! Dictionaries of rows: what decisions of one revision have in common is written once.
//!
//! Titles, remedies and the names of policies are most of a decision's text and the same in the next one. The writer
//! gathers one finding of each code among the first decisions of a revision, stores what their policies say (the
//! roster) and what such rows look like (the text that they are packed against), and only then lets callers use them: a
//! row never refers to what is not durable.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use rusqlite::{Connection, OptionalExtension as _, params};

use super::cards::Facts;
use super::fault::Fault;
use crate::domain::decision::Decision;
use crate::domain::digest::Digest;
use crate::domain::error::Error;
use crate::domain::finding::Finding;
use crate::domain::request::Trigger;
use crate::domain::scorecard::PolicyState;
use crate::record::roster::Roster;
use crate::record::row::{self, Body, Dictionary};

/// How many decisions of a revision are written before it gets a dictionary. A command that checks a file never gets
/// so far, and need not read one.
const SAMPLE: u32 = 128;

/// Text beyond this makes preparing slower and packing no better.
const MAX_TEXT_BYTES: usize = 48 * 1024;

/// Dictionaries kept for reading, one per revision.
const KEPT: usize = 16;

/// The dictionaries that callers pack with and readers unpack with.
#[derive(Debug, Default)]
pub(super) struct Dictionaries {
    current: RwLock<Option<(Digest, Arc<Dictionary>)>>,
    known: Mutex<BTreeMap<i64, Arc<Dictionary>>>,
}

impl Dictionaries {
    /// The dictionary of a revision, when it has one already.
    pub(super) fn of_revision(&self, revision: &Digest) -> Option<Arc<Dictionary>> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.as_ref().filter(|(of, _)| of == revision).map(|(_, found)| Arc::clone(found))
    }

    /// The dictionary that a row was packed with.
    pub(super) fn by_id(&self, connection: &Connection, id: i64) -> Result<Arc<Dictionary>, Fault> {
        if let Some(known) = self.known().get(&id) {
            return Ok(Arc::clone(known));
        }
        let (text, roster): (Vec<u8>, Option<Vec<u8>>) = connection
            .prepare_cached("SELECT text, roster FROM dictionary WHERE id = ?1")?
            .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?
            .ok_or_else(row::damaged)?;
        let text = row::decompress(&text, None)?;
        let roster = roster.map(|roster| roster_from(&roster)).transpose()?;
        let found = Arc::new(Dictionary::new(id, &text, roster)?);
        let mut known = self.known();
        if known.len() >= KEPT {
            known.clear();
        }
        known.insert(id, Arc::clone(&found));
        Ok(found)
    }

    fn publish(&self, revision: Digest, dictionary: Arc<Dictionary>) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        *current = Some((revision, dictionary));
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<i64, Arc<Dictionary>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn roster_from(packed: &[u8]) -> Result<Roster, Error> {
    let json = row::decompress(packed, None)?;
    Roster::parse(&json).map_err(|cause| row::damaged().with_source(cause))
}

/// What the writer gathers for the dictionary of the revision that it last saw.
#[derive(Debug, Default)]
pub(super) struct Sample {
    revision: Option<Digest>,
    n_decisions: u32,
    roster: Roster,
    /// Decisions with the findings whose policies had none before, and the states of the first.
    examples: Vec<(Decision, Vec<PolicyState>)>,
}

impl Sample {
    /// Looks at a decision that was written; `true` once there is enough to make a dictionary of, which is once per
    /// revision.
    pub(super) fn add(&mut self, facts: &Facts) -> bool {
        let revision = facts.decision.revision.digest;
        if self.revision != Some(revision) {
            let roster = Roster::new(&facts.states);
            *self = Self { revision: Some(revision), roster, ..Self::default() };
        }
        self.n_decisions = self.n_decisions.saturating_add(1);
        if self.n_decisions <= SAMPLE {
            self.gather(facts);
        }
        self.n_decisions == SAMPLE
    }

    fn gather(&mut self, facts: &Facts) {
        let findings: Vec<Finding> = facts
            .decision
            .findings
            .iter()
            .filter(|finding| self.roster.learn(finding))
            .cloned()
            .collect();
        let is_first = self.examples.is_empty();
        if findings.is_empty() && !is_first {
            return;
        }
        // Without who asked for them.
        let (trigger, notes) = (Trigger::default(), Vec::new());
        let decision = Decision { trigger, findings, notes, ..Decision::clone(&facts.decision) };
        let states = if is_first { facts.states.clone() } else { Vec::new() };
        self.examples.push((decision, states));
    }

    /// Stores the dictionary, unless the revision has one, and lets callers use it.
    pub(super) fn store(
        &mut self,
        connection: &Connection,
        dictionaries: &Dictionaries,
    ) -> Result<(), Fault> {
        let Some(revision) = self.revision else { return Ok(()) };
        let roster = std::mem::take(&mut self.roster);
        let mut text = Vec::new();
        for (mut decision, states) in std::mem::take(&mut self.examples) {
            if text.len() < MAX_TEXT_BYTES {
                Body::add_shared(&mut text, &roster, &mut decision, &states)?;
            }
        }
        let roster = roster
            .json()
            .map_err(|cause| Error::internal_fault("a roster is not JSON").with_source(cause))?;
        let (text, roster) = (row::compress(&text, None)?, row::compress(&roster, None)?);
        connection
            .prepare_cached(
                "INSERT OR IGNORE INTO dictionary (revision, text, roster) VALUES (?1, ?2, ?3)",
            )?
            .execute(params![revision.as_bytes(), text, roster])?;
        let id = connection
            .prepare_cached("SELECT id FROM dictionary WHERE revision = ?1")?
            .query_row([revision.as_bytes()], |row| row.get(0))?;
        dictionaries.publish(revision, dictionaries.by_id(connection, id)?);
        Ok(())
    }
}
