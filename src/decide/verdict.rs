//! The verdict: outcomes and input faults to findings, a verdict and each policy's state.

use std::borrow::Cow;
use std::sync::Arc;

use super::enforcement::{Circumstances, enforcement_of};
use super::image;
use super::place::place;
use super::standings::Standings;
use crate::domain::clock::Timestamp;
use crate::domain::decision::{INTAKE, Summary, Verdict};
use crate::domain::enforcement::EnforcementRules;
use crate::domain::evidence::EvidenceSet;
use crate::domain::finding::{Enforcement, Finding, FindingState};
use crate::domain::place::Location;
use crate::domain::policy::{Outcome, PolicyMeta, PolicyResult, RuleKind, Violation};
use crate::domain::release::{InputFault, Release};
use crate::domain::scorecard::{PolicyState, Standing};
use crate::domain::service::Environment;
use crate::domain::value::Value;

/// Everything that a verdict is made of.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The release.
    pub release: &'a Release,
    /// Where it was to go.
    pub environment: &'a Environment,
    /// What was verified.
    pub evidence: &'a EvidenceSet,
    /// What the policies said.
    pub outcomes: &'a [Outcome],
    /// Every policy of the revision.
    pub policies: &'a [Arc<PolicyMeta>],
    /// What a failed policy does.
    pub rules: &'a EnforcementRules,
    /// When it is judged.
    pub now: Timestamp,
}

/// A verdict with its reasons.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// May it go there?
    pub verdict: Verdict,
    /// The reasons, worst first, secrets replaced.
    pub findings: Vec<Finding>,
    /// Counts of (policy, subject) pairs.
    pub summary: Summary,
    /// How each policy came out over all its subjects.
    pub states: Vec<PolicyState>,
}

/// The code of a policy that could not be evaluated. Its finding carries the policy's own code in `facts`.
const POLICY_ERROR: &str = "policy-error";

/// The same for a policy that was left out for want of time.
const OUT_OF_TIME: &str = "out-of-time";

/// Judges a case.
pub fn judge(case: &Case<'_>) -> Judgement {
    let circumstances = Circumstances {
        environment: case.environment,
        service: case.release.service.as_ref(),
        now: case.now,
    };
    let mut judgement = Judgement {
        verdict: Verdict::Allow,
        findings: Vec::new(),
        summary: Summary::default(),
        states: Vec::new(),
    };
    let mut standings = Standings::of(case.policies);
    for fault in &case.release.faults {
        judgement.findings.push(finding_of_fault(fault, case, &circumstances));
        judgement.summary.errors += 1;
    }
    for finding in image::findings(case, &circumstances) {
        tally(&mut judgement.summary, finding.enforcement);
        judgement.findings.push(finding);
    }
    for outcome in case.outcomes {
        let findings = findings_of(outcome, case, &circumstances);
        let standing = count(&mut judgement.summary, outcome, &findings);
        standings.add(&outcome.policy.code, standing);
        judgement.findings.extend(findings);
    }
    judgement.summary.not_applicable += standings.n_not_asked();
    judgement.states = standings.states();
    let denies = |finding: &Finding| {
        finding.enforcement == Enforcement::Deny && finding.state == FindingState::Open
    };
    if judgement.findings.iter().any(denies) {
        judgement.verdict = Verdict::Deny;
    }
    judgement.findings.sort_by(|a, b| {
        (b.enforcement, b.severity).cmp(&(a.enforcement, a.severity)).then_with(|| {
            (&a.location.file, a.location.line, a.location.column, &a.code, &a.message).cmp(&(
                &b.location.file,
                b.location.line,
                b.location.column,
                &b.code,
                &b.message,
            ))
        })
    });
    judgement
}

/// Counts one (policy, subject) pair and says how the policy stands for it; a policy that is switched off does not.
fn count(summary: &mut Summary, outcome: &Outcome, findings: &[Finding]) -> Option<Standing> {
    match &outcome.result {
        PolicyResult::Passed => {
            summary.passed += 1;
            return Some(Standing::Passed);
        }
        PolicyResult::Error(_) | PolicyResult::OutOfTime(_) => {
            summary.errors += 1;
            return Some(Standing::Failed);
        }
        PolicyResult::Failed(_) => {}
    }
    let open = findings.iter().filter(|finding| finding.state == FindingState::Open);
    match open.map(|finding| finding.enforcement).max() {
        Some(enforcement) => tally(summary, enforcement),
        None if findings.is_empty() => return None,
        None => {
            summary.waived += 1;
            return Some(Standing::Waived);
        }
    }
    Some(Standing::Failed)
}

fn tally(summary: &mut Summary, enforcement: Enforcement) {
    match enforcement {
        Enforcement::Deny => summary.deny += 1,
        Enforcement::Warn => summary.warn += 1,
        Enforcement::Audit => summary.audit += 1,
        Enforcement::Off => {}
    }
}

fn findings_of(
    outcome: &Outcome,
    case: &Case<'_>,
    circumstances: &Circumstances<'_>,
) -> Vec<Finding> {
    match &outcome.result {
        PolicyResult::Passed => Vec::new(),
        PolicyResult::Error(reason) => {
            let gap = Gap {
                reason: POLICY_ERROR,
                message: case.release.secrets.redact(reason).into_owned(),
                remediation: format!(
                    "Mend the policy in `{}`, or switch it off in `enforcement.yaml` until it is mended.",
                    outcome.policy.file
                ),
            };
            vec![finding_of_gap(outcome, gap, case, circumstances)]
        }
        PolicyResult::OutOfTime(budget) => {
            let gap = Gap {
                reason: OUT_OF_TIME,
                message: format!(
                    "not evaluated, or not over everything: the policies of this request used up their {} ms",
                    budget.as_millis()
                ),
                remediation: "Hand in less at once, or allow more time with `policy.requestTimeoutMs` in `goldgate.yaml`."
                    .to_owned(),
            };
            vec![finding_of_gap(outcome, gap, case, circumstances)]
        }
        PolicyResult::Failed(violations) => violations
            .iter()
            .map(|violation| finding_of_violation(outcome, violation, case, circumstances))
            .filter(|finding| finding.enforcement != Enforcement::Off)
            .collect(),
    }
}

fn finding_of_violation(
    outcome: &Outcome,
    violation: &Violation,
    case: &Case<'_>,
    circumstances: &Circumstances<'_>,
) -> Finding {
    let policy = &outcome.policy;
    let severity = violation.severity.unwrap_or(policy.severity);
    let enforcement =
        enforcement_of(case.rules, &policy.code, &policy.pack, severity, circumstances);
    let enforcement = match violation.rule {
        RuleKind::Deny => enforcement,
        RuleKind::Warn => enforcement.min(Enforcement::Warn),
        RuleKind::Audit => enforcement.min(Enforcement::Audit),
    };
    let secrets = &case.release.secrets;
    let message = secrets.redact(&violation.message).into_owned();
    let discriminator = secrets.mask(&violation.message);
    let facts = redact_value(case.release, &violation.facts);
    let (resource, location) =
        place(case.release, violation.subject.unwrap_or(outcome.subject), &violation.path);
    Finding {
        fingerprint: Finding::fingerprint_of(
            &policy.code,
            &resource,
            &location.file,
            &secrets.mask(&location.path),
            &discriminator,
        ),
        code: policy.code.clone(),
        severity,
        enforcement,
        state: FindingState::Open,
        title: policy.title.clone(),
        message,
        remediation: match &violation.remediation {
            Some(own) => secrets.redact(own).into_owned(),
            None => policy.remediation.clone(),
        },
        controls: policy.controls.clone(),
        resource,
        // A policy may make a path of what it saw.
        location: Location { path: secrets.redact(&location.path).into_owned(), ..location },
        policy: policy.package.clone(),
        facts,
    }
}

/// Why a policy has no answer.
struct Gap {
    reason: &'static str,
    message: String,
    remediation: String,
}

/// A policy that could not be evaluated denies like a failed one, and at least as a high severity does.
fn finding_of_gap(
    outcome: &Outcome,
    gap: Gap,
    case: &Case<'_>,
    circumstances: &Circumstances<'_>,
) -> Finding {
    let policy = &outcome.policy;
    let severity = policy.severity.max(crate::domain::code::Severity::High);
    let (resource, location) = place(case.release, outcome.subject, "");
    Finding {
        fingerprint: Finding::fingerprint_of(
            &policy.code,
            &resource,
            &location.file,
            &location.path,
            gap.reason,
        ),
        code: policy.code.clone(),
        severity,
        enforcement: enforcement_of(
            case.rules,
            &policy.code,
            &policy.pack,
            severity,
            circumstances,
        )
        .max(Enforcement::Audit),
        state: FindingState::Open,
        title: format!("{} (could not be evaluated)", policy.title),
        message: gap.message,
        remediation: gap.remediation,
        controls: policy.controls.clone(),
        resource,
        location,
        policy: policy.package.clone(),
        facts: Value::object(vec![("reason".into(), Value::from(gap.reason))]),
    }
}

fn finding_of_fault(
    fault: &InputFault,
    case: &Case<'_>,
    circumstances: &Circumstances<'_>,
) -> Finding {
    let secrets = &case.release.secrets;
    let message = match &fault.related {
        Some(first) => secrets.redact(&format!("{}, first at {first}", fault.message)).into_owned(),
        None => secrets.redact(&fault.message).into_owned(),
    };
    let path = secrets.redact(&fault.location.path).into_owned();
    let facts = fault.related.as_ref().map_or_else(
        || Value::object(Vec::new()),
        |first| Value::object(vec![("first".into(), Value::from(first.to_string()))]),
    );
    Finding {
        fingerprint: Finding::fingerprint_of(
            &fault.code,
            &fault.resource,
            &fault.location.file,
            &secrets.mask(&fault.location.path),
            &secrets.mask(&fault.message),
        ),
        code: fault.code.clone(),
        severity: fault.severity,
        enforcement: enforcement_of(
            case.rules,
            &fault.code,
            "input",
            fault.severity,
            circumstances,
        )
        .max(Enforcement::Audit),
        state: FindingState::Open,
        title: fault.title.to_owned(),
        message,
        remediation: secrets.redact(&fault.remediation).into_owned(),
        controls: Vec::new(),
        resource: fault.resource.clone(),
        location: Location { path, ..fault.location.clone() },
        policy: INTAKE.to_owned(),
        facts,
    }
}

pub(super) fn redact_value(release: &Release, value: &Value) -> Value {
    if release.secrets.is_empty() {
        return value.clone();
    }
    match value {
        Value::Null | Value::Bool(_) => value.clone(),
        Value::Number(number) => match release.secrets.redact(&number.to_string()) {
            Cow::Borrowed(_) => value.clone(),
            Cow::Owned(redacted) => Value::from(redacted.as_str()),
        },
        Value::String(text) => Value::from(release.secrets.redact(text).as_ref()),
        Value::Array(items) => {
            Value::array(items.iter().map(|item| redact_value(release, item)).collect())
        }
        Value::Set(items) => {
            Value::set(items.items().iter().map(|item| redact_value(release, item)).collect())
        }
        Value::Map(map) => Value::map(
            map.entries()
                .iter()
                .map(|(key, item)| (redact_value(release, key), redact_value(release, item)))
                .collect(),
        ),
        Value::Object(object) => Value::object(
            object
                .entries()
                .iter()
                .map(|(key, item)| {
                    (release.secrets.redact(key).into(), redact_value(release, item))
                })
                .collect(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::code::Severity;
    use crate::domain::policy::Subject;
    use crate::domain::policy::{Dialect, Scope};
    use crate::domain::secret::Secrets;

    fn policy(code: &str, severity: Severity) -> Arc<PolicyMeta> {
        Arc::new(PolicyMeta {
            code: code.parse().unwrap(),
            title: "A title".into(),
            description: String::new(),
            remediation: "Mend it.".into(),
            severity,
            scope: Scope::Workload,
            needs: crate::domain::policy::Needs::default(),
            kinds: Vec::new(),
            controls: Vec::new(),
            package: "goldgate.kubernetes.a".into(),
            pack: "kubernetes".into(),
            dialect: Dialect::Goldgate,
            file: "kubernetes/a.rego".into(),
            line: 1,
        })
    }

    fn violation(message: &str, rule: RuleKind) -> Violation {
        Violation {
            message: message.into(),
            path: String::new(),
            severity: None,
            remediation: None,
            facts: Value::Null,
            subject: None,
            rule,
        }
    }

    fn outcome(policy: &Arc<PolicyMeta>, result: PolicyResult) -> Outcome {
        Outcome {
            policy: Arc::clone(policy),
            subject: Subject::Release,
            result,
            second_engine: false,
        }
    }

    fn judged(
        policies: &[Arc<PolicyMeta>],
        outcomes: &[Outcome],
        rules: &EnforcementRules,
        secrets: Secrets,
    ) -> Judgement {
        let release = Release { secrets, ..Release::default() };
        let environment = Environment::default();
        judge(&Case {
            release: &release,
            environment: &environment,
            evidence: &EvidenceSet::default(),
            outcomes,
            policies,
            rules,
            now: Timestamp::from_millis(0),
        })
    }

    fn judge_one(severity: Severity, result: PolicyResult) -> Judgement {
        let policies = [policy("K8S-A", severity)];
        let outcomes = [outcome(&policies[0], result)];
        judged(&policies, &outcomes, &EnforcementRules::default(), Secrets::default())
    }

    #[test]
    fn a_failed_policy_of_high_severity_denies_and_of_medium_warns() {
        let failed = || PolicyResult::Failed(vec![violation("x", RuleKind::Deny)]);
        let high = judge_one(Severity::High, failed());
        assert_eq!((high.verdict, high.summary.deny), (Verdict::Deny, 1));
        let medium = judge_one(Severity::Medium, failed());
        assert_eq!((medium.verdict, medium.summary.warn), (Verdict::Allow, 1));
        assert_eq!(medium.states[0].standing, Standing::Failed);
    }

    #[test]
    fn a_warn_rule_never_denies() {
        let judgement = judge_one(
            Severity::Critical,
            PolicyResult::Failed(vec![violation("x", RuleKind::Warn)]),
        );
        assert_eq!(judgement.verdict, Verdict::Allow);
        assert_eq!(judgement.findings[0].enforcement, Enforcement::Warn);
    }

    #[test]
    fn a_policy_that_cannot_be_evaluated_denies_whatever_its_severity() {
        let judgement = judge_one(Severity::Low, PolicyResult::Error("out of time".into()));
        assert_eq!((judgement.verdict, judgement.summary.errors), (Verdict::Deny, 1));
        assert_eq!(judgement.states[0].standing, Standing::Failed);
    }

    #[test]
    fn a_policy_that_was_left_out_for_want_of_time_denies_and_says_so() {
        let judgement =
            judge_one(Severity::Low, PolicyResult::OutOfTime(std::time::Duration::from_secs(7)));
        assert_eq!((judgement.verdict, judgement.summary.errors), (Verdict::Deny, 1));
        assert!(judgement.findings[0].message.contains("7000 ms"));
        assert_eq!(judgement.findings[0].facts.to_string(), r#"{"reason":"out-of-time"}"#);
    }

    #[test]
    fn a_policy_that_is_switched_off_leaves_no_finding_and_does_not_count() {
        let rules = EnforcementRules {
            default: Severity::ALL
                .into_iter()
                .map(|severity| (severity, Enforcement::Off))
                .collect(),
            ..EnforcementRules::default()
        };
        let policies = [policy("K8S-A", Severity::Critical)];
        let failed =
            [outcome(&policies[0], PolicyResult::Failed(vec![violation("x", RuleKind::Deny)]))];
        let judgement = judged(&policies, &failed, &rules, Secrets::default());
        assert_eq!((judgement.verdict, judgement.findings.len()), (Verdict::Allow, 0));
        assert_eq!(judgement.states[0].standing, Standing::NotApplicable);
    }

    #[test]
    fn a_policy_without_a_subject_does_not_apply() {
        let policies = [policy("K8S-A", Severity::High)];
        let judgement = judged(&policies, &[], &EnforcementRules::default(), Secrets::default());
        assert_eq!(judgement.summary.not_applicable, 1);
        assert_eq!(judgement.states[0].standing, Standing::NotApplicable);
    }

    #[test]
    fn outcomes_in_another_order_than_the_policies_come_to_the_same_standings() {
        let policies = ["K8S-A", "K8S-B", "K8S-C"].map(|code| policy(code, Severity::High));
        let failed = PolicyResult::Failed(vec![violation("x", RuleKind::Deny)]);
        let outcomes = [
            outcome(&policies[2], PolicyResult::Passed),
            outcome(&policies[0], failed),
            outcome(&policies[2], PolicyResult::Error("a reason".into())),
            outcome(&policy("K8S-STRANGER", Severity::High), PolicyResult::Passed),
            outcome(&policies[0], PolicyResult::Passed),
        ];
        let rules = EnforcementRules::default();
        let judgement = judged(&policies, &outcomes, &rules, Secrets::default());
        let standings: Vec<Standing> =
            judgement.states.iter().map(|state| state.standing).collect();
        assert_eq!(standings, [Standing::Failed, Standing::NotApplicable, Standing::Failed]);
        assert_eq!(judgement.summary.not_applicable, 1);
    }

    #[test]
    fn the_worst_subject_decides_how_a_policy_stands() {
        let policies = [policy("K8S-A", Severity::High)];
        let outcomes = [
            outcome(&policies[0], PolicyResult::Failed(vec![violation("x", RuleKind::Deny)])),
            outcome(&policies[0], PolicyResult::Passed),
        ];
        let judgement =
            judged(&policies, &outcomes, &EnforcementRules::default(), Secrets::default());
        assert_eq!((judgement.summary.deny, judgement.summary.passed), (1, 1));
        assert_eq!(judgement.states[0].standing, Standing::Failed);
    }

    #[test]
    fn a_finding_that_prints_a_secret_is_mended_in_message_and_facts() {
        let secrets = Secrets::new(vec!["hunter22".into()], b"salt");
        let policies = [policy("K8S-A", Severity::High)];
        let mut leaking = violation("the password is hunter22", RuleKind::Deny);
        leaking.facts = Value::object(vec![
            ("value".into(), Value::array(vec![Value::from("hunter22")])),
            ("hunter22".into(), Value::Null),
        ]);
        let outcomes = [outcome(&policies[0], PolicyResult::Failed(vec![leaking]))];
        let judgement = judged(&policies, &outcomes, &EnforcementRules::default(), secrets);
        assert!(!serde_json::to_string(&judgement.findings).unwrap().contains("hunter22"));
    }

    #[test]
    fn the_worst_finding_stands_first() {
        let policies = [policy("K8S-A", Severity::Low), policy("K8S-B", Severity::Critical)];
        let outcomes: Vec<Outcome> = policies
            .iter()
            .map(|policy| {
                outcome(policy, PolicyResult::Failed(vec![violation("x", RuleKind::Deny)]))
            })
            .collect();
        let judgement =
            judged(&policies, &outcomes, &EnforcementRules::default(), Secrets::default());
        assert_eq!(judgement.findings[0].code.as_str(), "K8S-B");
    }
}
