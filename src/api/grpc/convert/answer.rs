//! Decisions: out of the gate for a server, and back into the domain for a client.

use std::fmt::Display;
use std::str::FromStr;

use super::{read_timestamp, timestamp, word};
use crate::domain::clock::Timestamp;
use crate::domain::decision::{Decision, RevisionRef, Summary, Timings};
use crate::domain::error::{Error, ErrorKind};
use crate::domain::finding::Finding;
use crate::domain::image::ImageStatus;
use crate::domain::place::Location;
use crate::domain::request::Trigger;
use crate::domain::resource::ResourceId;
use crate::domain::scorecard::{NextLevel, ScorecardDelta};
use crate::proto;
use crate::record::FileText;

/// The decision as a message.
pub(crate) fn decision(decision: &Decision) -> proto::Decision {
    proto::Decision {
        id: decision.id.to_string(),
        verdict: word::verdict(decision.verdict),
        service: decision.service.as_ref().map(ToString::to_string).unwrap_or_default(),
        environment: decision.environment.to_string(),
        stage: word::stage(decision.stage),
        time: Some(timestamp(decision.time)),
        trigger: Some(trigger(&decision.trigger)),
        revision: Some(revision(&decision.revision)),
        input_digest: decision.input_digest.to_string(),
        dry_run: decision.dry_run,
        summary: Some(summary(decision.summary)),
        findings: decision.findings.iter().map(finding).collect(),
        images: decision.images.iter().map(image).collect(),
        scorecard: decision.scorecard.as_ref().map(delta),
        notes: decision.notes.clone(),
        timings: Some(timings(decision.timings)),
        second_engine: decision.second_engine.iter().map(ToString::to_string).collect(),
    }
}

pub(super) fn trigger(trigger: &Trigger) -> proto::Trigger {
    let Trigger { actor, pipeline_url, commit, repository } = trigger.clone();
    proto::Trigger { actor, pipeline_url, commit, repository }
}

/// The revision as a message.
pub(crate) fn revision(revision: &RevisionRef) -> proto::RevisionRef {
    proto::RevisionRef { id: revision.id.clone(), digest: revision.digest.to_string() }
}

fn summary(summary: Summary) -> proto::Summary {
    let Summary { deny, warn, audit, waived, passed, not_applicable, errors } = summary;
    proto::Summary { deny, warn, audit, waived, passed, not_applicable, errors }
}

fn finding(finding: &Finding) -> proto::Finding {
    proto::Finding {
        code: finding.code.to_string(),
        severity: word::severity(finding.severity),
        enforcement: word::enforcement(finding.enforcement),
        state: word::state(finding.state),
        title: finding.title.clone(),
        message: finding.message.clone(),
        remediation: finding.remediation.clone(),
        controls: finding.controls.clone(),
        resource: Some(resource(&finding.resource)),
        location: Some(location(&finding.location)),
        fingerprint: finding.fingerprint.clone(),
        policy: finding.policy.clone(),
        facts_json: finding.facts.to_string(),
    }
}

fn resource(resource: &ResourceId) -> proto::ResourceId {
    let ResourceId { api_version, kind, namespace, name } = resource.clone();
    proto::ResourceId { api_version, kind, namespace, name }
}

fn location(location: &Location) -> proto::Location {
    let Location { file, line, column, end_line, end_column, path } = location.clone();
    proto::Location { file, line, column, end_line, end_column, path }
}

fn image(image: &ImageStatus) -> proto::ImageStatus {
    proto::ImageStatus {
        requested: image.requested.clone(),
        resolved: image.resolved.clone(),
        status: word::verification(image.status),
        rule: image.rule.clone(),
        signed_by: image.signed_by.clone(),
        attested: image.attested.clone(),
        slsa_level: image.slsa_level.map(u32::from),
        reasons: image.reasons.clone(),
        verified_at: image.verified_at.map(timestamp),
        cached: image.cached,
    }
}

fn delta(delta: &ScorecardDelta) -> proto::ScorecardDelta {
    proto::ScorecardDelta {
        before: delta.before.map(u32::from),
        after: delta.after.map(u32::from),
        level: delta.level.clone(),
        next: delta.next.iter().map(next_level).collect(),
    }
}

pub(super) fn next_level(next: &NextLevel) -> proto::NextLevel {
    proto::NextLevel {
        level: next.level.clone(),
        missing: next.missing.iter().map(ToString::to_string).collect(),
    }
}

fn timings(timings: Timings) -> proto::Timings {
    let Timings { intake_us, evidence_us, policy_us, decide_us, record_us } = timings;
    proto::Timings { intake_us, evidence_us, policy_us, decide_us, record_us }
}

/// The decision that a server answered.
///
/// # Errors
/// `Unavailable` when the answer has words that this version does not know: a decision is never guessed.
pub(crate) fn read_decision(message: proto::Decision) -> Result<Decision, Error> {
    Ok(Decision {
        id: parsed("id", &message.id)?,
        verdict: said("verdict", word::read_verdict(message.verdict))?,
        service: match message.service.as_str() {
            "" => None,
            text => Some(parsed("service", text)?),
        },
        environment: parsed("environment", &message.environment)?,
        stage: said("stage", word::read_stage(message.stage))?,
        time: present("time", message.time.as_ref().and_then(read_timestamp))?,
        trigger: message.trigger.map(read_trigger).unwrap_or_default(),
        revision: read_revision(present("revision", message.revision)?)?,
        input_digest: parsed("input_digest", &message.input_digest)?,
        dry_run: message.dry_run,
        summary: read_summary(present("summary", message.summary)?),
        findings: message.findings.into_iter().map(read_finding).collect::<Result<_, _>>()?,
        images: message.images.into_iter().map(read_image).collect::<Result<_, _>>()?,
        scorecard: message.scorecard.map(read_delta).transpose()?,
        notes: message.notes,
        timings: message.timings.map(read_timings).unwrap_or_default(),
        second_engine: message
            .second_engine
            .iter()
            .map(|code| parsed("second_engine", code))
            .collect::<Result<_, _>>()?,
    })
}

/// The file as a message.
pub(crate) fn file(file: FileText) -> proto::RecordedFile {
    proto::RecordedFile { path: file.path, digest: file.digest.to_string(), text: file.text }
}

/// The file that a server answered.
pub(crate) fn read_file(file: proto::RecordedFile) -> Result<FileText, Error> {
    Ok(FileText { digest: parsed("digest", &file.digest)?, path: file.path, text: file.text })
}

pub(super) fn read_trigger(trigger: proto::Trigger) -> Trigger {
    let proto::Trigger { actor, pipeline_url, commit, repository } = trigger;
    Trigger { actor, pipeline_url, commit, repository }
}

fn read_revision(revision: proto::RevisionRef) -> Result<RevisionRef, Error> {
    Ok(RevisionRef { digest: parsed("revision.digest", &revision.digest)?, id: revision.id })
}

fn read_summary(summary: proto::Summary) -> Summary {
    let proto::Summary { deny, warn, audit, waived, passed, not_applicable, errors } = summary;
    Summary { deny, warn, audit, waived, passed, not_applicable, errors }
}

fn read_finding(finding: proto::Finding) -> Result<Finding, Error> {
    Ok(Finding {
        code: parsed("findings.code", &finding.code)?,
        severity: said("findings.severity", word::read_severity(finding.severity))?,
        enforcement: said("findings.enforcement", word::read_enforcement(finding.enforcement))?,
        state: said("findings.state", word::read_state(finding.state))?,
        title: finding.title,
        message: finding.message,
        remediation: finding.remediation,
        controls: finding.controls,
        resource: finding.resource.map(read_resource).unwrap_or_default(),
        location: finding.location.map(read_location).unwrap_or_default(),
        fingerprint: finding.fingerprint,
        policy: finding.policy,
        facts: serde_json::from_str(&finding.facts_json)
            .map_err(|cause| unreadable("findings.facts_json", "no JSON").with_source(cause))?,
    })
}

fn read_resource(resource: proto::ResourceId) -> ResourceId {
    let proto::ResourceId { api_version, kind, namespace, name } = resource;
    ResourceId { api_version, kind, namespace, name }
}

fn read_location(location: proto::Location) -> Location {
    let proto::Location { file, line, column, end_line, end_column, path } = location;
    Location { file, line, column, end_line, end_column, path }
}

fn read_image(image: proto::ImageStatus) -> Result<ImageStatus, Error> {
    Ok(ImageStatus {
        requested: image.requested,
        resolved: image.resolved,
        status: said("images.status", word::read_verification(image.status))?,
        rule: image.rule,
        signed_by: image.signed_by,
        attested: image.attested,
        slsa_level: image.slsa_level.map(read_level).transpose()?,
        reasons: image.reasons,
        verified_at: image.verified_at.as_ref().map(read_image_time).transpose()?,
        cached: image.cached,
    })
}

fn read_level(level: u32) -> Result<u8, Error> {
    u8::try_from(level).map_err(|_too_high| unreadable("images.slsa_level", level))
}

fn read_image_time(time: &prost_types::Timestamp) -> Result<Timestamp, Error> {
    present("images.verified_at", read_timestamp(time))
}

fn read_delta(delta: proto::ScorecardDelta) -> Result<ScorecardDelta, Error> {
    Ok(ScorecardDelta {
        before: read_score("scorecard.before", delta.before)?,
        after: read_score("scorecard.after", delta.after)?,
        level: delta.level,
        next: delta.next.into_iter().map(read_next_level).collect::<Result<_, _>>()?,
    })
}

pub(super) fn read_next_level(next: proto::NextLevel) -> Result<NextLevel, Error> {
    let missing = next.missing.iter().map(|code| parsed("scorecard.next.missing", code));
    Ok(NextLevel { missing: missing.collect::<Result<_, _>>()?, level: next.level })
}

pub(super) fn read_score(field: &str, score: Option<u32>) -> Result<Option<u8>, Error> {
    let fits = |score| u8::try_from(score).or(Err(unreadable(field, score)));
    score.map(fits).transpose()
}

fn read_timings(timings: proto::Timings) -> Timings {
    let proto::Timings { intake_us, evidence_us, policy_us, decide_us, record_us } = timings;
    Timings { intake_us, evidence_us, policy_us, decide_us, record_us }
}

pub(super) fn parsed<T: FromStr<Err = Error>>(field: &str, text: &str) -> Result<T, Error> {
    text.parse().map_err(|cause: Error| unreadable(field, text).with_internal(cause.internal()))
}

pub(super) fn said<T>(field: &str, word: Result<Option<T>, i32>) -> Result<T, Error> {
    match word {
        Ok(word) => present(field, word),
        Err(number) => Err(unreadable(field, number)),
    }
}

pub(super) fn present<T>(field: &str, value: Option<T>) -> Result<T, Error> {
    value.ok_or_else(|| unreadable(field, "nothing"))
}

fn unreadable(field: &str, found: impl Display) -> Error {
    let message = format!("the server's answer cannot be read: `{field}` is `{found}`");
    Error::new(ErrorKind::Unavailable, message)
        .with_help("use a goldgate of the server's version: compare `goldgate --version` on both")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::domain::code::{Code, Severity};
    use crate::domain::decision::{DecisionId, Verdict};
    use crate::domain::digest::Digest;
    use crate::domain::finding::{Enforcement, FindingState};
    use crate::domain::image::ImageVerification;
    use crate::domain::request::Stage;
    use crate::domain::value::{Number, Value};

    fn value() -> impl Strategy<Value = Value> {
        let integer = "-?[1-9][0-9]{0,60}"
            .prop_map(|digits| Value::Number(Number::from_integer_text(&digits).unwrap()));
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            integer,
            any::<f64>()
                .prop_filter_map("finite", |float| { Number::from_f64(float).map(Value::Number) }),
            ".{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            let entry = (".{0,4}".prop_map(Arc::<str>::from), inner.clone());
            prop_oneof![
                vec(inner, 0..4).prop_map(Value::array),
                vec(entry, 0..4).prop_map(Value::object),
            ]
        })
    }

    fn code() -> impl Strategy<Value = Code> {
        "[A-Z][A-Z0-9]{0,5}(-[A-Z0-9]{1,6}){0,3}".prop_map(|text| text.parse().unwrap())
    }

    fn digest() -> impl Strategy<Value = Digest> {
        any::<[u8; 32]>().prop_map(Digest::from_bytes)
    }

    fn finding() -> impl Strategy<Value = Finding> {
        let words = (
            select(&Severity::ALL[..]),
            select(&Enforcement::ALL[..]),
            select(vec![FindingState::Open, FindingState::Waived, FindingState::Accepted]),
        );
        let place = any::<[u32; 4]>();
        (code(), words, vec(".{0,8}", 12), place, value()).prop_map(
            |(code, words, texts, place, facts)| {
                let text = |index: usize| texts[index].clone();
                let (severity, enforcement, state) = words;
                let [line, column, end_line, end_column] = place;
                Finding {
                    code,
                    severity,
                    enforcement,
                    state,
                    title: text(0),
                    message: text(1),
                    remediation: text(2),
                    controls: vec![text(3), text(4)],
                    resource: ResourceId {
                        api_version: text(5),
                        kind: text(6),
                        namespace: text(7),
                        name: text(8),
                    },
                    location: Location {
                        file: text(9),
                        line,
                        column,
                        end_line,
                        end_column,
                        path: text(10),
                    },
                    fingerprint: text(11),
                    policy: text(0),
                    facts,
                }
            },
        )
    }

    fn image() -> impl Strategy<Value = ImageStatus> {
        let words = || vec("[a-z_]{0,8}", 0..3);
        let time = option::of((0..4_102_444_800_000_i64).prop_map(Timestamp::from_millis));
        let status = select(ImageVerification::ALL.to_vec());
        let text = || option::of(".{0,8}");
        let facts = (words(), words(), words(), option::of(0..=3_u8), time, any::<bool>());
        (".{0,8}", text(), text(), status, facts).prop_map(
            |(requested, resolved, rule, status, facts)| {
                let (signed_by, attested, reasons, slsa_level, verified_at, cached) = facts;
                ImageStatus {
                    requested,
                    resolved,
                    status,
                    rule,
                    signed_by,
                    attested,
                    slsa_level,
                    reasons,
                    verified_at,
                    cached,
                }
            },
        )
    }

    fn delta() -> impl Strategy<Value = ScorecardDelta> {
        let next = (".{0,6}", vec(code(), 0..3));
        let next = next.prop_map(|(level, missing)| NextLevel { level, missing });
        let score = option::of(0..=100_u8);
        (score.clone(), score, ".{0,6}", vec(next, 0..3))
            .prop_map(|(before, after, level, next)| ScorecardDelta { before, after, level, next })
    }

    fn decision_of_any_kind() -> impl Strategy<Value = Decision> {
        let head = (
            any::<[u8; 16]>().prop_map(DecisionId::from_bytes),
            select(vec![Verdict::Allow, Verdict::Deny]),
            option::of("[a-z]{1,6}:[a-z]{1,6}/[A-Za-z0-9]{1,6}"),
            "[a-z][a-z0-9-]{0,10}",
            select(&Stage::ALL[..]),
            (-62_000_000_000_000_i64..253_000_000_000_000).prop_map(Timestamp::from_millis),
        );
        let body =
            (vec(finding(), 0..3), vec(image(), 0..3), option::of(delta()), vec(".{0,8}", 0..3));
        (head, body, vec(".{0,8}", 5), digest(), digest(), any::<bool>(), any::<[u32; 12]>())
            .prop_map(|(head, body, texts, revision, input_digest, dry_run, n)| {
                let (id, verdict, service, environment, stage, time) = head;
                let (findings, images, scorecard, notes) = body;
                let text = |index: usize| texts[index].clone();
                Decision {
                    id,
                    verdict,
                    service: service.map(|text| text.parse().unwrap()),
                    environment: environment.parse().unwrap(),
                    stage,
                    time,
                    trigger: Trigger {
                        actor: text(0),
                        pipeline_url: text(1),
                        commit: text(2),
                        repository: text(3),
                    },
                    revision: RevisionRef { id: text(4), digest: revision },
                    input_digest,
                    dry_run,
                    summary: Summary {
                        deny: n[0],
                        warn: n[1],
                        audit: n[2],
                        waived: n[3],
                        passed: n[4],
                        not_applicable: n[5],
                        errors: n[6],
                    },
                    findings,
                    images,
                    scorecard,
                    notes,
                    timings: Timings {
                        intake_us: n[7],
                        evidence_us: n[8],
                        policy_us: n[9],
                        decide_us: n[10],
                        record_us: n[11],
                    },
                    second_engine: if dry_run { vec!["A-B".parse().unwrap()] } else { Vec::new() },
                }
            })
    }

    proptest! {
        #[test]
        fn a_decision_comes_back_from_the_wire_as_it_went(before in decision_of_any_kind()) {
            let after = read_decision(decision(&before)).unwrap();
            // The JSON says it all, and is what must be the same byte for byte. (A large float comes back as the integer
            // that its digits spell, which JSON cannot tell apart.)
            let json = |decision: &Decision| serde_json::to_string(decision).unwrap();
            prop_assert_eq!(json(&after), json(&before));
        }
    }

    #[test]
    fn a_word_of_a_later_version_is_not_guessed() {
        let message = proto::Decision {
            id: DecisionId::from_bytes([1; 16]).to_string(),
            verdict: 9,
            ..Default::default()
        };
        let error = read_decision(message).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.external().contains("`verdict` is `9`"), "{}", error.external());
    }
}
