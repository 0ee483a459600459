//! What one policy did, statement by statement: for people who ask why it came out so.

mod brief;

use std::cmp::Reverse;
use std::sync::Arc;

use tokio::time::Instant;

use super::evaluate::{held, input_of};
use super::gatekeeper::{Constraint, Ground};
use super::input::Inputs;
use super::panel::Panel;
use super::roster::Roster;
use super::{Moment, Revision};
use crate::domain::code::Code;
use crate::domain::evidence::EvidenceSet;
use crate::domain::place::{Location, Span};
use crate::domain::policy::{Outcome, Subject};
use crate::domain::release::Release;
use crate::domain::request::Request;
use crate::domain::secret::Secrets;
use crate::domain::value::Value;
use crate::rego::engine::{Runner, Statement};
use crate::rego::evaluate::{Hit, PointKind, Sight};
use brief::brief;

/// One evaluation of a policy over one subject.
#[derive(Clone, Debug)]
pub struct Trace {
    /// Whom it was about, and what came out.
    pub outcome: Outcome,
    /// What the policy saw.
    pub input: Value,
    /// The statements of the policy's own file, and those of other files that were asked, by file and place.
    pub steps: Vec<Step>,
}

/// A statement, or the head of a definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Where it stands.
    pub location: Location,
    /// What it says, on one line.
    pub text: String,
    /// Whether it is the head of a definition: it is reached when the body holds.
    pub is_head: bool,
    /// What has become of it.
    pub fate: Fate,
    /// What values it had, some of them where there were many.
    pub values: Vec<Values>,
    /// Whether there were others where it held, and where it did not.
    pub more: [bool; 2],
}

/// The values of what a statement names, at one time when it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Values {
    /// Whether it held.
    pub held: bool,
    /// Names as they are written, with values as short JSON in which secrets are replaced; `undefined` where there is none.
    pub named: Vec<(String, String)>,
}

/// What has become of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nobody asked, since a statement before it did not hold.
    NotAsked,
    /// Whenever it was asked.
    Held,
    /// Never.
    Failed,
    /// For some values and not for others.
    Both,
}

impl Fate {
    /// `held`, `did not hold`, …
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotAsked => "not asked",
            Self::Held => "held",
            Self::Failed => "did not hold",
            Self::Both => "held for some",
        }
    }
}

impl Revision {
    /// Asks the policy `code` alone, about everything that its scope shows of the release, and tells what each of its
    /// statements did. Load the revision with `trace`.
    pub fn trace(
        &self,
        code: &Code,
        request: &Request,
        release: &Release,
        evidence: &EvidenceSet,
        moment: Moment,
    ) -> Vec<Trace> {
        if let Some(constraint) = self.constraints.iter().find(|it| it.meta.code == *code) {
            return self.constraint_traces(constraint, request, release, moment);
        }
        let panel: &Panel = &self.panel;
        let mut numbered = panel.runnables.iter().enumerate();
        let found = numbered.find(|(_, runnable)| runnable.policy.meta.code == *code);
        let (Some((number, runnable)), Some(counting)) = (found, &panel.counting) else {
            return Vec::new();
        };
        let inputs = Inputs::new(request, release, evidence, moment.now);
        let [mut runner, mut counter] = [(); 2].map(|()| Runner::new(moment.circumstances()));
        let mut traces = Vec::new();
        for topic in Roster::topics(request, release) {
            if !panel.roster.audience(topic, release, evidence).contains(&number) {
                continue;
            }
            let Some(input) = input_of(&inputs, topic, request.stage) else { continue };
            let held = held(topic, release, evidence);
            let mut session = runner.over(input.clone()).holding(held);
            let result = runnable.result(&mut session, release, moment.now, None);
            let policy = Arc::clone(&runnable.policy.meta);
            let mut session = counter.over(input.clone()).holding(held);
            for rule in &runnable.policy.rules {
                let entry = counting.entry(&runnable.policy.package, &rule.name);
                // What comes out was found by the program that decides.
                drop(session.evaluate(counting, &entry));
            }
            let steps = steps(session.statements(), &policy.file, &release.secrets);
            let subject = topic.subject(release);
            let second_engine = runnable.hears_the_second();
            let outcome = Outcome { policy, subject, result, second_engine };
            traces.push(Trace { outcome, input, steps });
        }
        traces
    }

    fn constraint_traces(
        &self,
        constraint: &Arc<Constraint>,
        request: &Request,
        release: &Release,
        moment: Moment,
    ) -> Vec<Trace> {
        let ground = Ground::new(request, release);
        let alone = std::slice::from_ref(constraint);
        let mut round = ground.round(alone, Instant::now(), self.request_budget, moment);
        while !round.advance(self.request_budget) {}
        let traced = round.outcomes().into_iter().filter_map(|outcome| {
            let Subject::Resource(index) = outcome.subject else { return None };
            let (input, statements) = ground.statements(constraint, index, moment)?;
            let steps = steps(statements, constraint.rule_file(), &release.secrets);
            Some(Trace { outcome, input, steps })
        });
        traced.collect()
    }
}

/// What is told of the statements of a policy whose own file is called `own`, within its bundle or as a whole.
fn steps(statements: Vec<Statement>, own: &str, secrets: &Secrets) -> Vec<Step> {
    let is_own = |it: &Statement| it.file.path.ends_with(own);
    let mut shown: Vec<Statement> =
        statements.into_iter().filter(|it| it.hit.reached || is_own(it)).collect();
    let place = |it: &Statement| (it.point.span.start, Reverse(it.point.span.end));
    shown.sort_by(|a, b| {
        let file = (!is_own(a), &a.file.path).cmp(&(!is_own(b), &b.file.path));
        file.then_with(|| place(a).cmp(&place(b)))
    });
    // What stands inside another statement of its line says nothing more to a reader: `x` in `not x`.
    shown.dedup_by(|inner, outer| {
        let (within, around) = (inner.point.span, outer.point.span);
        inner.file.path == outer.file.path && within.line == around.line && within.end <= around.end
    });
    shown.iter().map(|statement| Step::of(statement, secrets)).collect()
}

impl Step {
    fn of(statement: &Statement, secrets: &Secrets) -> Self {
        let Statement { file, point, hit, sights } = statement;
        let span = Span { start: point.span.start, end: point.span.end };
        let text = file.text.get(span.range()).unwrap_or("");
        let is_head = point.kind == PointKind::Head;
        Self {
            location: file.location(span, ""),
            text: text.split_whitespace().collect::<Vec<_>>().join(" "),
            is_head,
            fate: Fate::of(*hit, is_head),
            values: sights.kept.iter().map(|sight| Values::of(sight, secrets)).collect(),
            more: sights.more,
        }
    }
}

impl Values {
    fn of(sight: &Sight, secrets: &Secrets) -> Self {
        let named = sight.values.iter().map(|(name, value)| {
            let undefined = || "undefined".to_owned();
            (name.to_string(), value.as_ref().map_or_else(undefined, |it| brief(it, secrets)))
        });
        Self { held: sight.held, named: named.collect() }
    }
}

impl Fate {
    const fn of(hit: Hit, is_head: bool) -> Self {
        match hit {
            // A head is reached where the body holds.
            Hit { reached, .. } if is_head => {
                if reached {
                    Self::Held
                } else {
                    Self::Failed
                }
            }
            Hit { reached: false, .. } => Self::NotAsked,
            Hit { held: true, failed: true, .. } => Self::Both,
            Hit { held: true, .. } => Self::Held,
            Hit { .. } => Self::Failed,
        }
    }
}
