//! Drafts as the gate makes them.

use std::sync::Arc;

use goldgate::domain::clock::Timestamp;
use goldgate::domain::code::{Code, Severity};
use goldgate::domain::decision::{Decision, DecisionId, RevisionRef, Summary, Timings, Verdict};
use goldgate::domain::digest::Digest;
use goldgate::domain::finding::{Enforcement, Finding, FindingState};
use goldgate::domain::inventory::{Arrival, Holding, Judged, Via};
use goldgate::domain::package::{Ecosystem, Package};
use goldgate::domain::place::Location;
use goldgate::domain::request::{Stage, Trigger};
use goldgate::domain::resource::ResourceId;
use goldgate::domain::scorecard::{Level, PolicyState, ScorecardRules, Standing};
use goldgate::domain::service::{Environment, ServiceRef};
use goldgate::domain::sighting::Sighting;
use goldgate::domain::value::Value;
use goldgate::record::{Blob, Draft};

/// A draft under construction, written like a sentence.
#[derive(Clone, Debug)]
pub(crate) struct Of {
    pub(crate) service: Option<&'static str>,
    pub(crate) environment: &'static str,
    pub(crate) millis: i64,
    pub(crate) failed: Vec<&'static str>,
    pub(crate) passed: Vec<&'static str>,
    pub(crate) team: &'static str,
    pub(crate) key: Option<String>,
    pub(crate) input: String,
    pub(crate) stage: Stage,
    pub(crate) seen: Vec<&'static str>,
    pub(crate) part: String,
    pub(crate) held: Option<Vec<String>>,
    pub(crate) troubles: u64,
}

pub(crate) fn of(service: &'static str) -> Of {
    Of {
        service: Some(service),
        environment: "production",
        millis: 1_764_000_000_000,
        failed: Vec::new(),
        passed: vec!["A", "B", "C"],
        team: "",
        key: None,
        input: "input".to_owned(),
        stage: Stage::Deploy,
        seen: Vec::new(),
        part: String::new(),
        held: None,
        troubles: 0,
    }
}

impl Of {
    pub(crate) fn nobody(mut self) -> Self {
        self.service = None;
        self
    }

    pub(crate) fn to(mut self, environment: &'static str) -> Self {
        self.environment = environment;
        self
    }

    pub(crate) fn at(mut self, millis: i64) -> Self {
        self.millis = 1_764_000_000_000 + millis;
        self
    }

    pub(crate) fn failing(mut self, codes: &[&'static str]) -> Self {
        self.failed = codes.to_vec();
        self.passed.retain(|code| !codes.contains(code));
        self
    }

    pub(crate) fn team(mut self, team: &'static str) -> Self {
        self.team = team;
        self
    }

    pub(crate) fn key(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    pub(crate) fn input(mut self, input: &str) -> Self {
        input.clone_into(&mut self.input);
        self
    }

    pub(crate) fn stage(mut self, stage: Stage) -> Self {
        self.stage = stage;
        self
    }

    pub(crate) fn seeing(mut self, ids: &[&'static str]) -> Self {
        self.seen = ids.to_vec();
        self
    }

    /// Lets a release in that holds packages of crates.io: `openssl@0.10.60`, `openssl` without a version.
    pub(crate) fn holding(mut self, held: &[&str]) -> Self {
        self.held = Some(held.iter().map(ToString::to_string).collect());
        self
    }

    /// What is let in is this object, and not the whole service.
    pub(crate) fn part(mut self, part: &str) -> Self {
        part.clone_into(&mut self.part);
        self
    }

    pub(crate) fn troubled(mut self, troubles: u64) -> Self {
        self.troubles = troubles;
        self
    }

    fn arrival(&self) -> Option<Arrival> {
        let holding = |text: &String| {
            let (name, version) = text
                .split_once('@')
                .map_or((text.as_str(), None), |(name, version)| (name, Some(version)));
            Holding {
                package: package(name),
                version: version.map(Arc::from),
                via: Via::Through(package("reqwest")),
            }
        };
        let held = self.held.as_ref()?;
        Some(Arrival {
            part: self.part.clone(),
            images: vec!["registry.example/a:1".to_owned()],
            n_components: held.len(),
            holdings: held.iter().map(holding).collect(),
            kept: (!held.is_empty()).then(|| format!("{{\"held\": {held:?}}}")),
            judged: Judged { troubles: self.troubles, outcome: Digest::of(b"outcome"), due: None },
        })
    }

    pub(crate) fn draft(&self) -> Draft {
        let time = Timestamp::from_millis(self.millis);
        let state = |standing| {
            move |code: &&str| PolicyState {
                code: code_of(code),
                severity: Severity::High,
                standing,
            }
        };
        let failed = self.failed.iter().map(state(Standing::Failed));
        let states = failed.chain(self.passed.iter().map(state(Standing::Passed))).collect();
        Draft {
            decision: Decision {
                id: DecisionId::at(time),
                verdict: if self.failed.is_empty() { Verdict::Allow } else { Verdict::Deny },
                service: self.service.map(|name| name.parse().unwrap()),
                environment: self.environment.parse().unwrap(),
                stage: self.stage,
                time,
                trigger: Trigger { actor: "ci".to_owned(), ..Trigger::default() },
                revision: RevisionRef { id: "r1".to_owned(), digest: Digest::of(b"r1") },
                input_digest: Digest::of(self.input.as_bytes()),
                dry_run: false,
                summary: Summary::default(),
                findings: self.failed.iter().map(|code| finding(code)).collect(),
                images: Vec::new(),
                scorecard: None,
                notes: vec!["note".to_owned()],
                timings: Timings { intake_us: 1, ..Timings::default() },
                second_engine: Vec::new(),
            },
            states,
            team: self.team.to_owned(),
            system: String::new(),
            rules: rules(),
            blobs: vec![Blob {
                path: "deploy/app.yaml".to_owned(),
                digest: Digest::of(self.input.as_bytes()),
                content: format!("redacted {}", self.input),
            }],
            idempotency_key: self.key.clone(),
            sightings: self.seen.iter().map(|id| sighting(id)).collect(),
            arrival: self.arrival(),
            rejudged: None,
        }
    }
}

pub(crate) fn package(name: &str) -> Package {
    Package::new(Ecosystem::new("crates.io"), name)
}

pub(crate) fn sighting(id: &str) -> Sighting {
    Sighting { advisory: Arc::from(id), component: Arc::from("crates.io/openssl") }
}

pub(crate) fn rules() -> Arc<ScorecardRules> {
    let level = |name: &str, codes: &[&str]| Level {
        name: name.to_owned(),
        codes: codes.iter().map(|code| code_of(code)).collect(),
    };
    let levels = vec![level("bronze", &["A"]), level("silver", &["B"])];
    Arc::new(ScorecardRules { levels, ..ScorecardRules::default() })
}

pub(crate) fn code_of(code: &str) -> Code {
    code.parse().unwrap()
}

pub(crate) fn service(name: &str) -> ServiceRef {
    name.parse().unwrap()
}

pub(crate) fn environment(name: &str) -> Environment {
    name.parse().unwrap()
}

fn finding(code: &str) -> Finding {
    Finding {
        code: code_of(code),
        severity: Severity::High,
        enforcement: Enforcement::Deny,
        state: FindingState::Open,
        title: "title".to_owned(),
        message: format!("container `app` fails {code}"),
        remediation: "mend it".to_owned(),
        controls: vec!["CIS-K8S-5.2.7".to_owned()],
        resource: ResourceId::default(),
        location: Location { file: "deploy/app.yaml".to_owned(), line: 3, ..Location::default() },
        fingerprint: "0".repeat(32),
        policy: "goldgate.test".to_owned(),
        facts: Value::object(vec![("n".into(), Value::from(1))]),
    }
}
