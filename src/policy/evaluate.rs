//! Running policies: each over what its scope shows, and whatever comes out is an outcome.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::answer::violations;
use super::dialect::Policy;
use super::input::Inputs;
use super::terraform::is_plan;
use crate::domain::clock::Timestamp;
use crate::domain::code::Severity;
use crate::domain::evidence::{EvidenceSet, ImageFacts, VerificationStatus};
use crate::domain::place::Location;
use crate::domain::policy::{
    Dialect, Needs, Outcome, PolicyResult, RuleKind, Scope, Subject, Violation,
};
use crate::domain::release::Release;
use crate::domain::request::{Request, Stage};
use crate::domain::resource::ResourceId;
use crate::domain::value::Value;
use crate::rego::Term;
use crate::rego::engine::{Program, Runner};

/// A policy and the program that runs it.
#[derive(Debug)]
pub(super) struct Runnable {
    pub(super) policy: Policy,
    pub(super) program: Program,
}

/// Runs every policy that applies, as long as `budget` lasts for all of them together.
pub(super) fn run(
    runnables: &[Runnable],
    began: Instant,
    budget: Duration,
    request: &Request,
    release: &Release,
    evidence: &EvidenceSet,
    now: Timestamp,
) -> Vec<Outcome> {
    let inputs = Inputs::new(request, release, evidence, now);
    let mut runner = Runner::default();
    let mut outcomes = Vec::new();
    for runnable in runnables {
        let meta = &runnable.policy.meta;
        let wants = |id: &ResourceId| {
            meta.kinds.is_empty() || meta.kinds.iter().any(|kind| id.is_kind(kind))
        };
        let mut in_time = true;
        let mut ask = |subject: Subject, input: Option<Term>| {
            let Some(input) = input.filter(|_| in_time) else { return };
            in_time = began.elapsed() < budget;
            let (subject, result) = if in_time {
                (subject, runnable.result(&mut runner, &input, release, now))
            } else {
                // Once a policy: what it was not asked about may be most of a large release.
                (Subject::Release, PolicyResult::OutOfTime(budget))
            };
            outcomes.push(Outcome { policy: Arc::clone(meta), subject, result });
        };
        match meta.scope {
            Scope::Workload => {
                for (index, workload) in release.workloads.iter().enumerate() {
                    let resource = release.resources.get(workload.resource);
                    if resource.is_some_and(|resource| wants(&resource.id)) {
                        ask(Subject::Resource(workload.resource), inputs.of_workload(index));
                    }
                }
            }
            Scope::Resource => {
                for (index, resource) in release.resources.iter().enumerate() {
                    if !wants(&resource.id) {
                        continue;
                    }
                    let input = match meta.dialect {
                        Dialect::Goldgate
                        | Dialect::Opa
                        | Dialect::Terraform
                        | Dialect::Conforma => inputs.of_resource(index),
                        Dialect::Conftest => inputs.resource(index),
                        Dialect::Gatekeeper => inputs.review(index, request.stage),
                    };
                    ask(Subject::Resource(index), input);
                }
                // Policies of goldgate's own form are about resources; plain ones are about any document.
                if meta.dialect == Dialect::Conftest && meta.kinds.is_empty() {
                    for index in 0..release.documents.len() {
                        ask(Subject::Document(index), inputs.stranger(index));
                    }
                }
            }
            Scope::Image => {
                for (index, image) in release.images.iter().enumerate() {
                    if known(evidence.image(&image.image.reference)) >= meta.needs {
                        let input = if meta.dialect == Dialect::Conforma {
                            inputs.attested(index)
                        } else {
                            inputs.of_image(index)
                        };
                        ask(Subject::Image(index), input);
                    }
                }
            }
            // An API server shows one object at a time: what goes with it in the release is not to be seen there, and
            // "there is no NetworkPolicy" would be untrue of every Deployment.
            Scope::Release if request.stage == Stage::Admission => {}
            Scope::Release if meta.dialect == Dialect::Conftest => {
                ask(Subject::Release, Some(inputs.combined()));
            }
            Scope::Release => ask(Subject::Release, inputs.of_release()),
            Scope::Sbom => {
                for index in 0..release.sboms.len() {
                    ask(Subject::Sbom(index), inputs.of_sbom(index));
                }
            }
            Scope::Plan => {
                for (index, document) in release.documents.iter().enumerate() {
                    if !is_plan(&document.document) {
                        continue;
                    }
                    let input = match meta.dialect {
                        Dialect::Terraform => inputs.plan_and_run(index, request),
                        Dialect::Goldgate
                        | Dialect::Conftest
                        | Dialect::Gatekeeper
                        | Dialect::Conforma
                        | Dialect::Opa => inputs.of_plan(index),
                    };
                    ask(Subject::Document(index), input);
                }
            }
        }
    }
    outcomes
}

/// How much is known of an image; a rule of `images.yaml` that asks for nothing leaves it unknown.
fn known(facts: Option<&ImageFacts>) -> Needs {
    match facts.map(|facts| facts.verification.status) {
        None | Some(VerificationStatus::Skipped) => Needs::Reference,
        Some(VerificationStatus::Error) => Needs::Verification,
        Some(VerificationStatus::Verified | VerificationStatus::Unverified) => Needs::Facts,
    }
}

impl Runnable {
    /// What came out over one input.
    fn result(
        &self,
        runner: &mut Runner,
        input: &Term,
        release: &Release,
        now: Timestamp,
    ) -> PolicyResult {
        match self.violations(runner, input, release, now) {
            Ok(violations) if violations.is_empty() => PolicyResult::Passed,
            Ok(violations) => PolicyResult::Failed(violations),
            Err(reason) => PolicyResult::Error(reason),
        }
    }

    fn violations(
        &self,
        runner: &mut Runner,
        input: &Term,
        release: &Release,
        now: Timestamp,
    ) -> Result<Vec<Violation>, String> {
        let excepted = if self.policy.has_exceptions {
            self.exceptions(runner, input)?
        } else {
            BTreeSet::new()
        };
        let mut found = Vec::new();
        for rule in &self.policy.rules {
            if excepted.contains(&rule.suffix) {
                continue;
            }
            let answer = self.ask(runner, &rule.name, Some(&rule.location), input)?;
            let unwritten_warning = rule.kind == RuleKind::Warn && !self.policy.severity_is_written;
            let severity = unwritten_warning.then_some(Severity::Low);
            found.extend(violations(rule, answer.as_ref(), severity, release)?);
        }
        if let Some(claim) = &self.policy.claim {
            claim.settle(&mut found, now);
        }
        Ok(found)
    }

    fn ask(
        &self,
        runner: &mut Runner,
        rule: &str,
        location: Option<&Location>,
        input: &Term,
    ) -> Result<Option<Value>, String> {
        runner.evaluate(&self.program, &self.policy.package, rule, input).map_err(|failure| {
            // The engine does not always say where it stopped; the rule's own place is better than none.
            let place = location.filter(|_| failure.place.is_none());
            let place = place.map(|location| format!(" ({location})")).unwrap_or_default();
            format!("the rule `{rule}` could not be evaluated: {failure}{place}")
        })
    }

    /// The rules that `exception` silences: it holds lists of their names without the prefix.
    ///
    /// Source: Conftest, "Exceptions".
    fn exceptions(&self, runner: &mut Runner, input: &Term) -> Result<BTreeSet<String>, String> {
        let answer = self.ask(runner, "exception", None, input)?;
        let lists = answer.as_ref().and_then(|answer| answer.as_array()).unwrap_or_default();
        let names = lists.iter().filter_map(|list| list.as_array()).flatten();
        Ok(names.filter_map(|name| name.as_str()).map(str::to_owned).collect())
    }
}
