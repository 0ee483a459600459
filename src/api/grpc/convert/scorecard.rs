//! Scorecards and policies as messages.

use super::answer::next_level;
use super::{timestamp, word};
use crate::domain::policy::PolicyMeta;
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

/// The policy as a message.
pub(crate) fn policy(meta: &PolicyMeta) -> proto::Policy {
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
    }
}
