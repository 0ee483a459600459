//! The policies of a revision, ready to be asked, by the engine that decides and, once it is needed, by the second one.

mod case;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::answer::violations;
use super::both::{either, silenced_by_both};
use super::dialect::Policy;
use super::reads::Reads;
use super::roster::Roster;
use crate::domain::clock::Timestamp;
use crate::domain::code::Severity;
use crate::domain::policy::{PolicyResult, RuleKind, Violation};
use crate::domain::release::Release;
use crate::domain::value::Value;
use crate::rego::engine::{Entry, Linker, Program, Session, Wanted};

pub(super) use case::{Asked, Case, Heard};

/// The policies of a revision, and what the second engine is made ready with.
#[derive(Debug, Default)]
pub(super) struct Panel {
    pub(super) runnables: Vec<Runnable>,
    pub(super) roster: Roster,
    /// What all policies over bills together read of a bill.
    pub(super) sbom_reads: Reads,
    linker: Option<Mutex<Linker>>,
    /// All modules once more, in a program that counts what it evaluates.
    pub(super) counting: Option<Program>,
}

/// A policy and the programs that run it.
#[derive(Debug)]
pub(super) struct Runnable {
    pub(super) policy: Policy,
    pub(super) closure: BTreeSet<Vec<String>>,
    first: Voice,
    /// Made when an answer is compared for the first time; `None` where the second engine refuses the package.
    second: OnceLock<Option<Voice>>,
    asks_both: AtomicBool,
}

/// A program, and where the policy's rules are found in it.
#[derive(Debug)]
pub(super) struct Voice {
    pub(super) program: Program,
    /// In the order of the policy's rules.
    pub(super) entries: Vec<Entry>,
    exception: Option<Entry>,
}

/// What was heard of a policy, for those who want to compare it.
pub(super) struct Notes<'n> {
    pub(super) policy: usize,
    pub(super) heard: &'n mut Vec<Heard>,
}

impl Panel {
    pub(super) fn new(runnables: Vec<Runnable>, sbom_reads: Reads, linker: Linker) -> Self {
        let roster = Roster::of(runnables.iter().map(|runnable| &*runnable.policy.meta));
        Self { runnables, roster, sbom_reads, linker: Some(Mutex::new(linker)), counting: None }
    }

    pub(super) fn with_counting(self, counting: Option<Program>) -> Self {
        Self { counting, ..self }
    }

    /// What programs are made with.
    pub(super) const fn linker(&self) -> Option<&Mutex<Linker>> {
        self.linker.as_ref()
    }

    /// The second engine's program of a policy that the own evaluator runs; made now if it was not before.
    pub(super) fn second(&self, number: usize) -> Option<&Voice> {
        let runnable = self.runnables.get(number)?;
        let make = || {
            let Program::Own(_) = runnable.first.program else { return None };
            let mut linker = self.linker.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
            let package = runnable.policy.package.clone();
            let wanted = Wanted { package, closure: runnable.closure.clone() };
            let program = linker.second(&wanted).ok()?;
            Some(Voice::new(&runnable.policy, program))
        };
        runnable.second.get_or_init(make).as_ref()
    }
}

impl Voice {
    fn new(policy: &Policy, program: Program) -> Self {
        let entry = |rule: &str| program.entry(&policy.package, rule);
        let entries = policy.rules.iter().map(|rule| entry(&rule.name)).collect();
        let exception = policy.has_exceptions.then(|| entry("exception"));
        Self { program, entries, exception }
    }

    /// The rules that `exception` silences: it holds lists of their names without the prefix.
    ///
    /// Source: Conftest, "Exceptions".
    fn silenced<'r>(
        &'r self,
        session: &mut Session<'r>,
        notes: Option<&mut Notes<'_>>,
    ) -> Result<BTreeSet<String>, String> {
        let Some(entry) = &self.exception else { return Ok(BTreeSet::new()) };
        let answer = session
            .evaluate(&self.program, entry)
            .map_err(|failure| format!("the rule `exception` could not be evaluated: {failure}"));
        if let Some(notes) = notes {
            notes.add(Asked::Exception, &answer);
        }
        let answer = answer?;
        let lists = answer.as_ref().and_then(|answer| answer.as_array()).unwrap_or_default();
        let names = lists.iter().filter_map(|list| list.as_array()).flatten();
        Ok(names.filter_map(|name| name.as_str()).map(str::to_owned).collect())
    }
}

impl Runnable {
    pub(super) fn new(policy: Policy, closure: BTreeSet<Vec<String>>, program: Program) -> Self {
        let first = Voice::new(&policy, program);
        Self { policy, closure, first, second: OnceLock::new(), asks_both: AtomicBool::new(false) }
    }

    /// From now on both engines are asked.
    pub(super) fn ask_both(&self) {
        self.asks_both.store(true, Ordering::Relaxed);
    }

    /// The second engine's program, where both are asked.
    pub(super) fn other(&self) -> Option<&Voice> {
        if !self.asks_both.load(Ordering::Relaxed) {
            return None;
        }
        self.second.get()?.as_ref()
    }

    /// Whether the second engine has a part in the answers.
    pub(super) fn hears_the_second(&self) -> bool {
        matches!(self.first.program, Program::Second(_)) || self.other().is_some()
    }

    /// What came out over one input.
    pub(super) fn result<'r>(
        &'r self,
        session: &mut Session<'r>,
        release: &Release,
        moment: Timestamp,
        notes: Option<Notes<'_>>,
    ) -> PolicyResult {
        match self.violations(session, release, moment, notes) {
            Ok(violations) if violations.is_empty() => PolicyResult::Passed,
            Ok(violations) => PolicyResult::Failed(violations),
            Err(reason) => PolicyResult::Error(reason),
        }
    }

    fn violations<'r>(
        &'r self,
        session: &mut Session<'r>,
        release: &Release,
        moment: Timestamp,
        mut notes: Option<Notes<'_>>,
    ) -> Result<Vec<Violation>, String> {
        let other = self.other();
        let mut silenced = self.first.silenced(session, notes.as_mut())?;
        if let Some(other) = other {
            silenced = silenced_by_both(silenced, &other.silenced(session, None)?);
        }
        let mut found = Vec::new();
        for (number, rule) in self.policy.rules.iter().enumerate() {
            if silenced.contains(&rule.suffix) {
                continue;
            }
            let unwritten_warning = rule.kind == RuleKind::Warn && !self.policy.severity_is_written;
            let severity = unwritten_warning.then_some(Severity::Low);
            let answer = self.ask(session, &self.first, number);
            if let Some(notes) = &mut notes {
                notes.add(Asked::Rule(number), &answer);
            }
            let said = |answer: Result<Option<Value>, String>| {
                violations(rule, answer?.as_ref(), severity, release)
            };
            found.extend(match other {
                Some(other) => either(said(answer), said(self.ask(session, other, number))),
                None => said(answer),
            }?);
        }
        if let Some(claim) = &self.policy.claim {
            claim.settle(&mut found, moment);
        }
        Ok(found)
    }

    fn ask<'r>(
        &'r self,
        session: &mut Session<'r>,
        voice: &'r Voice,
        number: usize,
    ) -> Result<Option<Value>, String> {
        let (Some(entry), Some(rule)) = (voice.entries.get(number), self.policy.rules.get(number))
        else {
            return Ok(None);
        };
        session.evaluate(&voice.program, entry).map_err(|failure| {
            // The engine does not always say where it stopped; the rule's own place is better than none.
            let place = failure.place.is_none().then(|| format!(" ({})", rule.location));
            let place = place.unwrap_or_default();
            format!("the rule `{}` could not be evaluated: {failure}{place}", rule.name)
        })
    }
}

impl Notes<'_> {
    fn add(&mut self, rule: Asked, answer: &Result<Option<Value>, String>) {
        let answer = answer.clone().map_err(drop);
        self.heard.push(Heard { policy: self.policy, rule, answer });
    }
}
