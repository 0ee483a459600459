//! Scorecards ahead of the file: callers reckon them in parallel, the writer only checks that they began at the right
//! place.
//!
//! A caller reckons its scorecard and queues its draft under one lock per service, so the order of the queue is the
//! order of reckoning. The writer knows what really stands in the file; when a draft began elsewhere (an earlier one
//! failed, another process wrote), it reckons again inside its transaction.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::writer::Put;
use crate::domain::decision::Decision;
use crate::domain::error::Error;
use crate::domain::scorecard::{
    Contribution, PolicyState, Scorecard, ScorecardDelta, ScorecardRules,
};
use crate::domain::service::{Environment, ServiceRef};
use crate::record::row;

const SHARDS: usize = 16;

/// Scorecards kept per shard: two thousand of sixty policies each are about 15 MiB. One that is not kept is read from
/// the file by the writer, which costs it twice a decision.
const KEPT: usize = 128;

/// Whose scorecard it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Subject {
    pub(super) service: ServiceRef,
    pub(super) environment: Environment,
}

/// What a decision is reckoned from.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) decision: Arc<Decision>,
    pub(super) states: Vec<PolicyState>,
    pub(super) team: String,
    pub(super) system: String,
    pub(super) rules: Arc<ScorecardRules>,
}

/// One step of a scorecard.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) before: Option<Arc<Scorecard>>,
    pub(super) after: Arc<Scorecard>,
    pub(super) delta: ScorecardDelta,
    /// The delta as JSON.
    pub(super) delta_json: Bytes,
    /// The row of `after`, when more than its decision and time is new.
    pub(super) row: Option<Bytes>,
}

impl Step {
    /// Reckons what `facts` make of the scorecard `before`.
    pub(super) fn take(
        facts: &Facts,
        subject: &Subject,
        before: Option<Arc<Scorecard>>,
    ) -> Result<Self, Error> {
        let after = facts.rules.advance(
            before.as_deref(),
            &Contribution {
                decision: facts.decision.id,
                time: facts.decision.time,
                service: &subject.service,
                environment: &subject.environment,
                team: &facts.team,
                system: &facts.system,
                sight: facts.decision.sight(),
                states: &facts.states,
            },
        );
        let delta = after.delta(before.as_deref());
        let moved = before.as_deref().is_none_or(|before| differ(before, &after));
        let row = if moved { Some(row::pack(&after)?.into()) } else { None };
        let delta_json = row::json(&delta)?.into();
        Ok(Self { before, after: Arc::new(after), delta, delta_json, row })
    }

    /// Whether it began at `latest`.
    pub(super) fn began_at(&self, latest: Option<&Arc<Scorecard>>) -> bool {
        match (&self.before, latest) {
            (None, None) => true,
            (Some(before), Some(latest)) => Arc::ptr_eq(before, latest) || before == latest,
            (None, Some(_)) | (Some(_), None) => false,
        }
    }
}

/// Whether more than the decision and its time is new.
fn differ(before: &Scorecard, after: &Scorecard) -> bool {
    let Scorecard {
        service: _, environment: _, team, system, score, level, next, policies, ..
    } = after;
    (&before.team, &before.system, before.score, &before.level, &before.next, &before.policies)
        != (team, system, *score, level, next, policies)
}

/// What stands in the file for a subject.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    pub(super) id: i64,
    /// The decision that last moved it, by its position.
    pub(super) seq: i64,
    pub(super) card: Arc<Scorecard>,
}

/// What callers and the writer know of scorecards.
pub(super) struct Cards {
    shards: [Mutex<Shard>; SHARDS],
}

#[derive(Default)]
struct Shard {
    entries: BTreeMap<Arc<Subject>, Entry>,
    clock: u64,
}

/// INVARIANT: while drafts are in flight, `tip` is what the last of them makes of the scorecard, or `None` when that is
/// not known; it then stays `None` until none is in flight.
#[derive(Default)]
struct Entry {
    in_flight: u32,
    tip: Option<Arc<Scorecard>>,
    in_file: Option<Standing>,
    used: u64,
}

impl Cards {
    /// Knows nothing yet.
    pub(super) fn new() -> Self {
        Self { shards: std::array::from_fn(|_| Mutex::default()) }
    }

    /// Takes the draft's step when it is known where it begins, and hands the draft to `queue` under the same lock.
    pub(super) fn queue(
        &self,
        subject: &Arc<Subject>,
        mut put: Put,
        queue: impl FnOnce(Put) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut shard = self.shard(subject);
        let entry = shard.entry(subject);
        if let Some(tip) = &entry.tip {
            let step = Step::take(&put.entry.facts, subject, Some(Arc::clone(tip)))?;
            put.entry.step = Some(step);
        }
        let tip = put.entry.step.as_ref().map(|step| Arc::clone(&step.after));
        queue(put)?;
        entry.in_flight += 1;
        entry.tip = tip;
        Ok(())
    }

    /// What stands in the file, as far as the writer remembers.
    pub(super) fn in_file(&self, subject: &Arc<Subject>) -> Option<Standing> {
        self.shard(subject).entries.get(subject).and_then(|entry| entry.in_file.clone())
    }

    /// Settles a draft that left the queue: `standing` is what stands in the file now, `as_reckoned` whether its
    /// caller's step was the one that was written.
    pub(super) fn settle(
        &self,
        subject: &Arc<Subject>,
        standing: Option<&Standing>,
        as_reckoned: bool,
    ) {
        let mut shard = self.shard(subject);
        let Some(entry) = shard.entries.get_mut(subject) else { return };
        entry.in_flight = entry.in_flight.saturating_sub(1);
        entry.in_file = standing.cloned();
        if entry.in_flight == 0 {
            entry.tip = standing.map(|standing| Arc::clone(&standing.card));
        } else if !as_reckoned {
            entry.tip = None;
        }
        if entry.in_flight == 0 && entry.tip.is_none() {
            shard.entries.remove(subject);
        }
    }

    /// Forgets what stands in the file, since another process wrote.
    pub(super) fn forget(&self) {
        for shard in &self.shards {
            let mut shard = lock(shard);
            shard.entries.retain(|_, entry| {
                entry.tip = None;
                entry.in_file = None;
                entry.in_flight > 0
            });
        }
    }

    fn shard(&self, subject: &Subject) -> MutexGuard<'_, Shard> {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(subject);
        let index = usize::try_from(hash % SHARDS as u64).unwrap_or(0);
        let [first, ..] = &self.shards;
        lock(self.shards.get(index).unwrap_or(first))
    }
}

impl fmt::Debug for Cards {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n: usize = self.shards.iter().map(|shard| lock(shard).entries.len()).sum();
        f.debug_struct("Cards").field("n", &n).finish_non_exhaustive()
    }
}

impl Shard {
    /// The entry of `subject`; the one that was not used for longest makes room for a new one.
    fn entry(&mut self, subject: &Arc<Subject>) -> &mut Entry {
        self.clock += 1;
        if self.entries.len() >= KEPT && !self.entries.contains_key(subject) {
            let idle = self.entries.iter().filter(|(_, entry)| entry.in_flight == 0);
            let oldest = idle.min_by_key(|(_, entry)| entry.used).map(|(key, _)| Arc::clone(key));
            oldest.map(|oldest| self.entries.remove(&oldest));
        }
        let entry = self.entries.entry(Arc::clone(subject)).or_default();
        entry.used = self.clock;
        entry
    }
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}
