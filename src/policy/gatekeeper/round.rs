//! The constraints of a revision over one release: each is asked about the objects that it speaks of.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::super::Moment;
use super::super::shadow::Shadow;
use super::action::Point;
use super::case::{Case, Heard};
use super::constraint::{Constraint, Review};
use super::review::{self, Inventory};
use super::{namespace_of, reviewed};
use crate::document::{DocumentLimits, json};
use crate::domain::policy::{Outcome, PolicyResult, RuleKind, Subject, Violation};
use crate::domain::release::Release;
use crate::domain::request::{Request, SentReview, Stage};
use crate::domain::value::Value;
use crate::rego::closed::Asker;
use crate::rego::engine::Statement;

/// What a release shows to constraints.
pub(in crate::policy) struct Ground<'r> {
    release: &'r Release,
    stage: Stage,
    /// What an API server asks: its object is the one of the release.
    sent: Option<Value>,
    inventory: Inventory,
}

/// The constraints over what a release shows. They are asked in turns.
pub(in crate::policy) struct Round<'g> {
    constraints: &'g [Arc<Constraint>],
    reviews: Vec<Review<'g>>,
    /// The inventory as rules find it.
    shown: Value,
    point: Point,
    moment: Moment,
    asker: Asker,
    shadow: Option<&'g Shadow>,
    /// By review: whether what is answered about it is compared.
    sampled: Vec<bool>,
    heard: Vec<Heard>,
    /// The number of the constraint that is asked next, and of the review that it is asked about.
    next: (usize, usize),
    outcomes: Vec<Outcome>,
    began: Instant,
    budget: Duration,
}

impl<'r> Ground<'r> {
    pub(in crate::policy) fn new(request: &Request, release: &'r Release) -> Self {
        let mut inventory = Inventory::default();
        for resource in &release.resources {
            inventory.add(&resource.document, namespace_of(&resource.document));
        }
        let sent = request.review.as_ref().and_then(asked_of_us);
        Self { release, stage: request.stage, sent, inventory }
    }

    /// Begins; the time of the request, which began at `began`, is bounded by `budget`.
    pub(in crate::policy) fn round<'g>(
        &'g self,
        constraints: &'g [Arc<Constraint>],
        began: Instant,
        budget: Duration,
        moment: Moment,
    ) -> Round<'g> {
        Round {
            constraints,
            reviews: self.release.resources.iter().map(|it| self.review(&it.document)).collect(),
            shown: self.inventory.to_value(),
            point: Point::of(self.stage),
            moment,
            asker: Asker::new(moment.circumstances()),
            shadow: None,
            sampled: Vec::new(),
            heard: Vec::new(),
            next: (0, 0),
            outcomes: Vec::new(),
            began,
            budget,
        }
    }

    fn review<'g>(&'g self, document: &'g Value) -> Review<'g> {
        let review = reviewed(document, &self.inventory, self.stage);
        let sent = self.sent.as_ref();
        let sent = sent.and_then(|sent| review::of_request(sent, review.home).ok());
        sent.unwrap_or(review)
    }

    /// What `constraint` sees of the object with this number, and what becomes of each of its statements.
    pub(in crate::policy) fn statements(
        &self,
        constraint: &Constraint,
        index: usize,
        moment: Moment,
    ) -> Option<(Value, Vec<Statement>)> {
        let review = self.review(&self.release.resources.get(index)?.document);
        let mut asker = Asker::new(moment.circumstances());
        Some(constraint.statements(&mut asker, &review, &self.inventory.to_value()))
    }
}

impl<'g> Round<'g> {
    /// Lets a sample of the answers be compared.
    pub(in crate::policy) fn compared_by(mut self, shadow: Option<&'g Shadow>) -> Self {
        self.shadow = shadow;
        let sampled = |_| shadow.is_some_and(Shadow::wants_next);
        self.sampled = self.reviews.iter().map(sampled).collect();
        self
    }

    /// Goes on for about as long as `slice`; `true` when every constraint has been asked.
    pub(in crate::policy) fn advance(&mut self, slice: Duration) -> bool {
        let until = Instant::now() + slice;
        while let Some(constraint) = self.constraints.get(self.next.0) {
            let kind = constraint.action(self.point);
            let (Some(kind), Some(_)) = (kind, self.reviews.get(self.next.1)) else {
                self.next = (self.next.0 + 1, 0);
                continue;
            };
            if self.ask(constraint, kind) && Instant::now() >= until {
                return false;
            }
        }
        true
    }

    /// Every constraint's outcomes, in the order of the constraints and of the objects.
    pub(in crate::policy) fn outcomes(self) -> Vec<Outcome> {
        let Self { shadow, heard, moment, shown: inventory, outcomes, .. } = self;
        if let Some(shadow) = shadow.filter(|_| !heard.is_empty()) {
            shadow.compare(Case { moment, inventory, heard });
        }
        outcomes
    }

    /// Asks about the next review; `false` when the constraint does not speak of it.
    fn ask(&mut self, constraint: &Arc<Constraint>, kind: RuleKind) -> bool {
        let (number, index) = self.next;
        self.next = (number, index + 1);
        let Some(review) = self.reviews.get(index) else { return false };
        let concerns = match constraint.concerns(review) {
            Ok(false) => return false,
            Ok(true) => Ok(()),
            Err(reason) => Err(reason),
        };
        let mut subject = Subject::Resource(index);
        let result = if self.began.elapsed() >= self.budget {
            // Once a constraint: what it was not asked about may be most of a large release.
            self.next = (number + 1, 0);
            subject = Subject::Release;
            PolicyResult::OutOfTime(self.budget)
        } else {
            let is_sampled = self.sampled.get(index).is_some_and(|it| *it);
            let heard = is_sampled.then_some(&mut self.heard);
            let (asker, shown) = (&mut self.asker, &self.shown);
            let found =
                concerns.and_then(|()| constraint.violations(asker, review, shown, kind, heard));
            match found {
                Ok(violations) if violations.is_empty() => PolicyResult::Passed,
                Ok(violations) => PolicyResult::Failed(violations),
                Err(reason) if kind == RuleKind::Deny => PolicyResult::Error(reason),
                // What cannot be said does no more than what it would say.
                Err(reason) => PolicyResult::Failed(vec![undecided(reason, kind)]),
            }
        };
        let policy = Arc::clone(&constraint.meta);
        let second_engine = constraint.hears_the_second();
        self.outcomes.push(Outcome { policy, subject, result, second_engine });
        true
    }
}

/// That a constraint which does not deny could not be asked.
fn undecided(reason: String, kind: RuleKind) -> Violation {
    Violation {
        message: reason,
        path: String::new(),
        severity: None,
        remediation: None,
        facts: Value::object(Vec::new()),
        subject: None,
        rule: kind,
    }
}

fn asked_of_us(sent: &SentReview) -> Option<Value> {
    let text = std::str::from_utf8(&sent.0).ok()?;
    let document = json::read(text, &DocumentLimits::default()).ok()?;
    document.value.get("request").filter(|request| request.is_object()).cloned()
}
