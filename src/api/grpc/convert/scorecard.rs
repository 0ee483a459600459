//! Scorecards and policies: out of the gate for a server, and back into the domain for a client.

use std::sync::Arc;

use super::answer::{next_level, parsed, present, read_next_level, read_score, said};
use super::{read_timestamp, timestamp, word};
use crate::domain::clock::Timestamp;
use crate::domain::error::Error;
use crate::domain::finding::Enforcement;
use crate::domain::policy::{Needs, PolicyMeta};
use crate::domain::scorecard::{PolicyStanding, Scorecard, ScorecardPoint};
use crate::proto;

/// The scorecard as a message.
pub(crate) fn scorecard(card: &Scorecard) -> proto::Scorecard {
    proto::Scorecard {
        service: card.service.to_string(),
        environment: card.environment.to_string(),
        team: card.team.clone(),
        system: card.system.clone(),
        score: card.score.map(u32::from),
        level: card.level.clone(),
        next: card.next.iter().map(next_level).collect(),
        policies: card
            .policies
            .iter()
            .map(|(code, policy)| (code.to_string(), standing(policy)))
            .collect(),
        decision: card.decision.to_string(),
        time: Some(timestamp(card.time)),
    }
}

fn standing(policy: &PolicyStanding) -> proto::PolicyStanding {
    proto::PolicyStanding {
        severity: word::severity(policy.severity),
        standing: word::standing(policy.standing),
        decision: policy.decision.to_string(),
        since: Some(timestamp(policy.since)),
    }
}

/// The point of a history as a message.
pub(crate) fn point(point: &ScorecardPoint) -> proto::ScorecardPoint {
    proto::ScorecardPoint {
        decision: point.decision.to_string(),
        time: Some(timestamp(point.time)),
        score: point.score.map(u32::from),
        level: point.level.clone(),
    }
}

/// The policy as a message; `enforcement` is what its failure does.
pub(crate) fn policy(meta: &PolicyMeta, enforcement: Enforcement) -> proto::Policy {
    proto::Policy {
        code: meta.code.to_string(),
        title: meta.title.clone(),
        description: meta.description.clone(),
        remediation: meta.remediation.clone(),
        severity: word::severity(meta.severity),
        scope: word::scope(meta.scope),
        kinds: meta.kinds.clone(),
        controls: meta.controls.clone(),
        package: meta.package.clone(),
        pack: meta.pack.clone(),
        dialect: word::dialect(meta.dialect),
        file: meta.file.clone(),
        line: meta.line,
        enforcement: word::enforcement(enforcement),
    }
}

/// The scorecard that a server answered.
///
/// # Errors
/// `Unavailable` when the answer has words that this version does not know; so for the others below.
pub(crate) fn read_scorecard(card: proto::Scorecard) -> Result<Scorecard, Error> {
    let policies = card
        .policies
        .into_iter()
        .map(|(code, standing)| Ok((parsed("policies.code", &code)?, read_standing(&standing)?)));
    Ok(Scorecard {
        service: parsed("service", &card.service)?,
        environment: parsed("environment", &card.environment)?,
        team: card.team,
        system: card.system,
        score: read_score("score", card.score)?,
        level: card.level,
        next: card.next.into_iter().map(read_next_level).collect::<Result<_, _>>()?,
        policies: Arc::new(policies.collect::<Result<_, Error>>()?),
        decision: parsed("decision", &card.decision)?,
        time: moment("time", card.time.as_ref())?,
    })
}

fn read_standing(policy: &proto::PolicyStanding) -> Result<PolicyStanding, Error> {
    Ok(PolicyStanding {
        severity: said("policies.severity", word::read_severity(policy.severity))?,
        standing: said("policies.standing", word::read_standing(policy.standing))?,
        decision: parsed("policies.decision", &policy.decision)?,
        since: moment("policies.since", policy.since.as_ref())?,
    })
}

/// The point of a history that a server answered.
pub(crate) fn read_point(point: proto::ScorecardPoint) -> Result<ScorecardPoint, Error> {
    Ok(ScorecardPoint {
        decision: parsed("decision", &point.decision)?,
        time: moment("time", point.time.as_ref())?,
        score: read_score("score", point.score)?,
        level: point.level,
    })
}

/// The policy that a server answered, and what its failure does there. What it needs of an image is not told.
pub(crate) fn read_policy(policy: proto::Policy) -> Result<(PolicyMeta, Enforcement), Error> {
    let meta = PolicyMeta {
        code: parsed("code", &policy.code)?,
        title: policy.title,
        description: policy.description,
        remediation: policy.remediation,
        severity: said("severity", word::read_severity(policy.severity))?,
        scope: said("scope", word::read_scope(policy.scope))?,
        needs: Needs::default(),
        kinds: policy.kinds,
        controls: policy.controls,
        package: policy.package,
        pack: policy.pack,
        dialect: said("dialect", word::read_dialect(policy.dialect))?,
        file: policy.file,
        line: policy.line,
    };
    Ok((meta, said("enforcement", word::read_enforcement(policy.enforcement))?))
}

fn moment(field: &str, time: Option<&prost_types::Timestamp>) -> Result<Timestamp, Error> {
    present(field, time.and_then(read_timestamp))
}
