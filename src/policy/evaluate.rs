//! Running policies: each over what its scope shows, and whatever comes out is an outcome.
//!
//! Inputs come first and policies second: what one rule has computed of an input, the next one finds.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::Moment;
use super::answer::violations;
use super::dialect::{EntryRule, Policy};
use super::input::Inputs;
use super::roster::{Roster, Topic};
use crate::domain::code::Severity;
use crate::domain::evidence::EvidenceSet;
use crate::domain::policy::{Outcome, PolicyResult, RuleKind, Subject, Violation};
use crate::domain::release::Release;
use crate::domain::request::{Request, Stage};
use crate::domain::value::Value;
use crate::rego::engine::{Circumstances, Entry, Program, Runner, Session};

/// A policy and the program that runs it.
#[derive(Debug)]
pub(super) struct Runnable {
    pub(super) policy: Policy,
    program: Program,
    /// Where the policy's rules are found, in their order.
    entries: Vec<Entry>,
    exception: Option<Entry>,
}

/// The policies of a revision over one release.
pub(super) struct Round<'r> {
    runnables: &'r [Runnable],
    roster: &'r Roster,
    release: &'r Release,
    evidence: &'r EvidenceSet,
    inputs: Inputs<'r>,
    stage: Stage,
    runner: Runner,
    topics: std::vec::IntoIter<Topic>,
    /// What policies are being asked about, and those that have not been asked yet.
    open: Option<(Topic, std::vec::IntoIter<usize>)>,
    /// With the number of the policy.
    outcomes: Vec<(usize, Outcome)>,
    /// The policies that were left out for want of time.
    left_out: BTreeSet<usize>,
    budget: Duration,
    began: Instant,
}

impl<'r> Round<'r> {
    /// Begins; all policies together may take as long as `budget`.
    pub(super) fn new(
        (runnables, roster): (&'r [Runnable], &'r Roster),
        budget: Duration,
        request: &Request,
        release: &'r Release,
        evidence: &'r EvidenceSet,
        moment: Moment,
    ) -> Self {
        let now_ns = moment.now.as_millis().saturating_mul(1_000_000);
        Self {
            runnables,
            roster,
            release,
            evidence,
            stage: request.stage,
            inputs: Inputs::new(request, release, evidence, moment.now),
            runner: Runner::new(Circumstances { now_ns, seed: moment.seed }),
            topics: Roster::topics(request, release).into_iter(),
            open: None,
            outcomes: Vec::new(),
            left_out: BTreeSet::new(),
            budget,
            began: Instant::now(),
        }
    }

    /// Goes on for about as long as `slice`; `true` when every policy has been asked.
    pub(super) fn advance(&mut self, slice: Duration) -> bool {
        let began = Instant::now();
        while let Some((topic, mut audience)) = self.open.take().or_else(|| self.next_topic()) {
            self.ask(topic, &mut audience, began + slice);
            if !audience.as_slice().is_empty() {
                self.open = Some((topic, audience));
                return false;
            }
        }
        true
    }

    /// Every policy's outcomes together, in the order of the policies and of what they were asked about.
    pub(super) fn outcomes(mut self) -> Vec<Outcome> {
        self.outcomes.sort_by_key(|(number, _)| *number);
        self.outcomes.into_iter().map(|(_, outcome)| outcome).collect()
    }

    fn next_topic(&mut self) -> Option<(Topic, std::vec::IntoIter<usize>)> {
        let topic = self.topics.next()?;
        let audience = self.roster.audience(topic, self.release, self.evidence);
        Some((topic, audience.into_iter()))
    }

    /// Asks until the audience is through or the time is `until`.
    fn ask(&mut self, topic: Topic, audience: &mut std::vec::IntoIter<usize>, until: Instant) {
        if audience.as_slice().is_empty() {
            return;
        }
        let mut now = Instant::now();
        let end = self.began + self.budget;
        let input =
            if now < end { input_of(&self.inputs, topic, self.stage) } else { Some(Value::Null) };
        let Some(input) = input else {
            audience.by_ref().for_each(drop);
            return;
        };
        let mut session = self.runner.over(input);
        for number in audience.by_ref() {
            let Some(runnable) = self.runnables.get(number) else { continue };
            let subject = topic.subject(self.release);
            let (subject, result) = if now < end {
                (subject, runnable.result(&mut session, self.release))
            } else if self.left_out.insert(number) {
                // Once a policy: what it was not asked about may be most of a large release.
                (Subject::Release, PolicyResult::OutOfTime(self.budget))
            } else {
                continue;
            };
            let policy = Arc::clone(&runnable.policy.meta);
            self.outcomes.push((number, Outcome { policy, subject, result }));
            now = Instant::now();
            if now >= until {
                return;
            }
        }
    }
}

fn input_of(inputs: &Inputs<'_>, topic: Topic, stage: Stage) -> Option<Value> {
    match topic {
        Topic::Workload(index) => inputs.of_workload(index),
        Topic::Resource(index) => inputs.of_resource(index),
        Topic::Document(index) => inputs.resource(index),
        Topic::Review(index) => inputs.review(index, stage),
        Topic::Stranger(index) => inputs.stranger(index),
        Topic::Combined => Some(inputs.combined()),
        Topic::Image(index) => inputs.of_image(index),
        Topic::Release => Some(inputs.of_release()),
        Topic::Sbom(index) => inputs.of_sbom(index),
    }
}

impl Runnable {
    pub(super) fn new(policy: Policy, program: Program) -> Self {
        let entry = |rule: &str| program.entry(&policy.package, rule);
        let entries = policy.rules.iter().map(|rule| entry(&rule.name)).collect();
        let exception = policy.has_exceptions.then(|| entry("exception"));
        Self { policy, program, entries, exception }
    }

    /// What came out over one input.
    fn result<'r>(&'r self, session: &mut Session<'r>, release: &Release) -> PolicyResult {
        match self.violations(session, release) {
            Ok(violations) if violations.is_empty() => PolicyResult::Passed,
            Ok(violations) => PolicyResult::Failed(violations),
            Err(reason) => PolicyResult::Error(reason),
        }
    }

    fn violations<'r>(
        &'r self,
        session: &mut Session<'r>,
        release: &Release,
    ) -> Result<Vec<Violation>, String> {
        let excepted = match &self.exception {
            Some(entry) => self.exceptions(session, entry)?,
            None => BTreeSet::new(),
        };
        let mut found = Vec::new();
        for (rule, entry) in self.policy.rules.iter().zip(&self.entries) {
            if excepted.contains(&rule.suffix) {
                continue;
            }
            let answer = self.ask(session, entry, &rule.name, Some(rule))?;
            let unwritten_warning = rule.kind == RuleKind::Warn && !self.policy.severity_is_written;
            let severity = unwritten_warning.then_some(Severity::Low);
            found.extend(violations(rule, answer.as_ref(), severity, release)?);
        }
        Ok(found)
    }

    fn ask<'r>(
        &'r self,
        session: &mut Session<'r>,
        entry: &Entry,
        name: &str,
        rule: Option<&EntryRule>,
    ) -> Result<Option<Value>, String> {
        session.evaluate(&self.program, entry).map_err(|failure| {
            // The engine does not always say where it stopped; the rule's own place is better than none.
            let place = rule.filter(|_| failure.place.is_none());
            let place = place.map(|rule| format!(" ({})", rule.location)).unwrap_or_default();
            format!("the rule `{name}` could not be evaluated: {failure}{place}")
        })
    }

    /// The rules that `exception` silences: it holds lists of their names without the prefix.
    ///
    /// Source: Conftest, "Exceptions".
    fn exceptions<'r>(
        &'r self,
        session: &mut Session<'r>,
        entry: &Entry,
    ) -> Result<BTreeSet<String>, String> {
        let answer = self.ask(session, entry, "exception", None)?;
        let lists = answer.as_ref().and_then(|answer| answer.as_array()).unwrap_or_default();
        let names = lists.iter().filter_map(|list| list.as_array()).flatten();
        Ok(names.filter_map(|name| name.as_str()).map(str::to_owned).collect())
    }
}
