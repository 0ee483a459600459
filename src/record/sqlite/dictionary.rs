//! Dictionaries of rows: what decisions of one revision have in common is written once.
//!
//! Titles, remedies and the names of policies are most of a decision's text and the same in the next one. The writer
//! gathers one finding of each code among the first decisions of a revision, stores that text, and only then lets
//! callers pack with it: a row never refers to what is not durable.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use rusqlite::{Connection, OptionalExtension as _, params};

use super::cards::Facts;
use super::fault::Fault;
use crate::domain::code::Code;
use crate::domain::digest::Digest;
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
        let text: Option<Vec<u8>> = connection
            .prepare_cached("SELECT text FROM dictionary WHERE id = ?1")?
            .query_row([id], |row| row.get(0))
            .optional()?;
        let text = row::decompress(&text.ok_or_else(row::damaged)?, None)?;
        let found = Arc::new(Dictionary::new(id, &text)?);
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

/// What the writer gathers for the dictionary of the revision that it last saw.
#[derive(Debug, Default)]
pub(super) struct Sample {
    revision: Option<Digest>,
    n_decisions: u32,
    codes: BTreeSet<Code>,
    text: String,
}

impl Sample {
    /// Looks at a decision that was written; `true` once there is enough to make a dictionary of, which is once per
    /// revision.
    pub(super) fn add(&mut self, facts: &Facts) -> bool {
        let revision = facts.decision.revision.digest;
        if self.revision != Some(revision) {
            *self = Self { revision: Some(revision), ..Self::default() };
        }
        self.n_decisions = self.n_decisions.saturating_add(1);
        if self.n_decisions <= SAMPLE && self.text.len() < MAX_TEXT_BYTES {
            self.gather(facts);
        }
        self.n_decisions == SAMPLE
    }

    fn gather(&mut self, facts: &Facts) {
        let findings = facts.decision.findings.iter();
        let new: Vec<_> =
            findings.filter(|finding| self.codes.insert(finding.code.clone())).cloned().collect();
        if new.is_empty() && !self.text.is_empty() {
            return;
        }
        // A decision that cannot be shown has told so when it was packed.
        if let Ok(text) = Body::shared_text(&facts.decision, &facts.states, new) {
            self.text.push_str(&text);
        }
    }

    /// Stores the dictionary, unless the revision has one, and lets callers use it.
    pub(super) fn store(
        &mut self,
        connection: &Connection,
        dictionaries: &Dictionaries,
    ) -> Result<(), Fault> {
        let Some(revision) = self.revision else { return Ok(()) };
        let text = row::compress(std::mem::take(&mut self.text).as_bytes(), None)?;
        connection
            .prepare_cached("INSERT OR IGNORE INTO dictionary (revision, text) VALUES (?1, ?2)")?
            .execute(params![revision.as_bytes(), text])?;
        let id = connection
            .prepare_cached("SELECT id FROM dictionary WHERE revision = ?1")?
            .query_row([revision.as_bytes()], |row| row.get(0))?;
        dictionaries.publish(revision, dictionaries.by_id(connection, id)?);
        Ok(())
    }
}
