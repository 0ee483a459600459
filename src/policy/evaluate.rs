//! Running policies: each over what its scope shows, and whatever comes out is an outcome.
//!
//! Inputs come first and policies second: what one rule has computed of an input, the next one finds.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::Moment;
use super::input::Inputs;
use super::panel::{Case, Notes, Panel};
use super::roster::{Roster, Topic};
use super::shadow::Shadow;
use crate::domain::evidence::{EvidenceSet, Holdings};
use crate::domain::policy::{Outcome, PolicyResult, Subject};
use crate::domain::release::Release;
use crate::domain::request::{Request, Stage};
use crate::domain::value::Value;
use crate::rego::engine::Runner;

/// The policies of a revision over one release.
pub(super) struct Round<'r> {
    panel: &'r Arc<Panel>,
    shadow: Option<&'r Shadow>,
    moment: Moment,
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
        panel: &'r Arc<Panel>,
        shadow: Option<&'r Shadow>,
        budget: Duration,
        request: &Request,
        release: &'r Release,
        evidence: &'r EvidenceSet,
        moment: Moment,
    ) -> Self {
        Self {
            panel,
            shadow,
            moment,
            release,
            evidence,
            stage: request.stage,
            inputs: Inputs::new(request, release, evidence, moment.now).showing(&panel.sbom_reads),
            runner: Runner::new(moment.circumstances()),
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
        let audience = self.panel.roster.audience(topic, self.release, self.evidence);
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
        let sampled = self.shadow.filter(|shadow| now < end && shadow.wants_next());
        let mut heard = Vec::new();
        let of_shadow = sampled.map(|_| input.clone());
        let mut session = self.runner.over(input).holding(held(topic, self.release, self.evidence));
        for number in audience.by_ref() {
            let Some(runnable) = self.panel.runnables.get(number) else { continue };
            let subject = topic.subject(self.release);
            let (subject, result) = if now < end {
                let notes = sampled.map(|_| Notes { policy: number, heard: &mut heard });
                (subject, runnable.result(&mut session, self.release, self.moment.now, notes))
            } else if self.left_out.insert(number) {
                // Once a policy: what it was not asked about may be most of a large release.
                (Subject::Release, PolicyResult::OutOfTime(self.budget))
            } else {
                continue;
            };
            let policy = Arc::clone(&runnable.policy.meta);
            let second_engine = runnable.hears_the_second();
            self.outcomes.push((number, Outcome { policy, subject, result, second_engine }));
            now = Instant::now();
            if now >= until {
                break;
            }
        }
        if let (Some(shadow), Some(input)) = (sampled, of_shadow) {
            shadow.compare(Case {
                panel: Arc::clone(self.panel),
                moment: self.moment,
                input,
                heard,
            });
        }
    }
}

/// What functions of Conforma answer from.
pub(super) fn held<'e>(
    topic: Topic,
    release: &Release,
    evidence: &'e EvidenceSet,
) -> Option<Holdings<'e>> {
    let Topic::Attested(index) = topic else { return None };
    evidence.holdings(&release.images.get(index)?.image.reference)
}

pub(super) fn input_of(inputs: &Inputs<'_>, topic: Topic, stage: Stage) -> Option<Value> {
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
        Topic::Plan(index) => inputs.of_plan(index),
        Topic::Run(index) => inputs.plan_and_run(index),
        Topic::Attested(index) => inputs.attested(index),
    }
}
