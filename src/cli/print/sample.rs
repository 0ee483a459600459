//! Decisions for the tests of this room.

use super::excerpt::Excerpts;
use super::{Keeping, Report};
use crate::domain::clock::Timestamp;
use crate::domain::code::Severity;
use crate::domain::decision::{Decision, DecisionId, RevisionRef, Summary, Timings, Verdict};
use crate::domain::digest::Digest;
use crate::domain::finding::{Enforcement, Finding, FindingState};
use crate::domain::image::{ImageStatus, ImageVerification};
use crate::domain::place::Location;
use crate::domain::request::{Stage, Trigger};
use crate::domain::resource::ResourceId;
use crate::domain::scorecard::{NextLevel, ScorecardDelta};
use crate::domain::value::Value;

/// The text of `deploy/app.yaml` in these decisions, as handed in.
pub(crate) const APP: &str = "apiVersion: apps/v1\nkind: Deployment\nspec:\n  containers:\n    - name: web\n      image: shop/web\n      env: [{name: PASSWORD, value: hunter2}]\n";

/// A decision that allows, without a finding.
pub(crate) fn allowed() -> Decision {
    Decision {
        id: DecisionId::from_bytes([7; 16]),
        verdict: Verdict::Allow,
        service: Some("checkout".parse().unwrap()),
        environment: "production".parse().unwrap(),
        stage: Stage::Deploy,
        time: Timestamp::from_millis(1_795_327_326_123),
        trigger: Trigger::default(),
        revision: RevisionRef { id: "builtin-2026.11".into(), digest: Digest::of(b"bundle") },
        input_digest: Digest::of(b"input"),
        dry_run: false,
        summary: Summary { passed: 58, not_applicable: 17, ..Summary::default() },
        findings: Vec::new(),
        images: Vec::new(),
        scorecard: Some(ScorecardDelta {
            before: None,
            after: Some(100),
            level: "gold".into(),
            next: Vec::new(),
        }),
        notes: Vec::new(),
        timings: Timings {
            intake_us: 210,
            policy_us: 340,
            decide_us: 12,
            record_us: 900,
            evidence_us: 0,
        },
        second_engine: Vec::new(),
    }
}

/// A decision that denies for several reasons: one of them on several resources, one waived, one about the release.
pub(crate) fn denied() -> Decision {
    let root = finding("K8S-RUN-AS-ROOT", Severity::High, Enforcement::Deny, (5, 7, 16));
    let twin = Finding {
        location: Location { file: "deploy/worker.yaml".into(), ..root.location.clone() },
        resource: ResourceId { name: "worker".into(), ..root.resource.clone() },
        fingerprint: "fingerprint-of-the-twin".into(),
        ..root.clone()
    };
    let secret = Finding {
        message: "container \"web\": a token, written out: 100%,\nsee: <line & column>".into(),
        title: "No secrets in manifests".into(),
        ..finding("K8S-SECRET-IN-ENV", Severity::Medium, Enforcement::Warn, (7, 13, 45))
    };
    let waived = Finding {
        state: FindingState::Waived,
        ..finding("K8S-IMAGE-TAG", Severity::High, Enforcement::Deny, (6, 7, 22))
    };
    let owner = Finding {
        resource: ResourceId::default(),
        location: Location::default(),
        controls: Vec::new(),
        ..finding("GOLD-OWNER", Severity::Low, Enforcement::Audit, (0, 0, 0))
    };
    Decision {
        verdict: Verdict::Deny,
        summary: Summary { deny: 2, warn: 1, audit: 1, waived: 1, passed: 41, not_applicable: 17, errors: 0 },
        findings: vec![root, twin, waived, secret, owner],
        images: vec![ImageStatus::unseen("shop/web".into(), ImageVerification::NotLookedAt)],
        scorecard: Some(ScorecardDelta {
            before: Some(71),
            after: Some(64),
            level: "bronze".into(),
            next: vec![NextLevel {
                level: "silver".into(),
                missing: vec!["K8S-RUN-AS-ROOT".parse().unwrap(), "GOLD-OWNER".parse().unwrap()],
            }],
        }),
        notes: vec!["images were not looked at: no image verification is configured, so nothing is known of their signatures".into()],
        ..allowed()
    }
}

fn finding(
    code: &str,
    severity: Severity,
    enforcement: Enforcement,
    (line, column, end_column): (u32, u32, u32),
) -> Finding {
    Finding {
        code: code.parse().unwrap(),
        severity,
        enforcement,
        state: FindingState::Open,
        title: format!("Title of {code}"),
        message: format!("message of {code}"),
        remediation: format!("Remedy of {code}: write `securityContext.runAsNonRoot: true`."),
        controls: vec!["PSS-restricted".into(), "CIS-K8S-5.2.7".into()],
        resource: ResourceId {
            api_version: "apps/v1".into(),
            kind: "Deployment".into(),
            namespace: "shop".into(),
            name: "checkout".into(),
        },
        location: Location {
            file: "deploy/app.yaml".into(),
            line,
            column,
            end_line: line,
            end_column,
            path: "/spec/containers/0".into(),
        },
        fingerprint: format!("fingerprint-of-{code}"),
        policy: format!("goldgate.{}", code.to_lowercase().replace('-', "_")),
        facts: Value::object(Vec::new()),
    }
}

/// Excerpts of [`APP`], its secret replaced.
pub(crate) fn excerpts() -> Excerpts {
    let mut excerpts = Excerpts::default();
    excerpts.add("deploy/app.yaml", APP, &APP.replace("hunter2", "<redacted:0123456789ab>"));
    excerpts
}

/// Calls `check` with the report of `decision`.
pub(crate) fn with_report<T>(decision: &Decision, check: impl Fn(&Report<'_>) -> T) -> T {
    let reasons = [(
        "K8S-RUN-AS-ROOT".parse().unwrap(),
        "A process that escapes its container is root on the node when it was root inside."
            .to_owned(),
    )];
    check(&Report {
        decision,
        files: &["deploy/app.yaml".to_owned(), "deploy/worker.yaml".to_owned()],
        excerpts: &excerpts(),
        reasons: &reasons.into(),
        keeping: Keeping::Recorded("/home/me/.local/share/goldgate"),
    })
}
