//! "Production runs only what our release workflow signed, with SLSA provenance from it": images that the real signing
//! program signed, one authority, one rule, and the built-in policies.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use expect_test::expect_file;
use goldgate::cli::print::{Look, image};
use goldgate::decide::{self, Case};
use goldgate::domain::clock::Timestamp;
use goldgate::domain::digest::Digest;
use goldgate::domain::evidence::code::{LookCode, RejectionCode, ShortfallCode};
use goldgate::domain::evidence::{
    EvidenceSet, ImageConfiguration, ImageFacts, LookFault, VerificationStatus,
};
use goldgate::domain::image::Image;
use goldgate::domain::release::{ImageUse, Release};
use goldgate::domain::request::Request;
use goldgate::domain::service::{Service, ServiceSource};
use goldgate::domain::trust::{
    AnchoredRegex, AttestationDemand, Authority, IdentityPattern, KeylessAuthority, LogDemand,
    Rule, SctDemand, SignatureDemand, Signer, TextPattern, TimestampDemand,
};
use goldgate::evidence::attachment::Attachments;
use goldgate::policy::{BundleSource, LoadOptions, Revision};

use crate::verify::question::{QUESTIONS, rule, verifier};
use crate::verify::store::STORE;

/// Soon after the images were built, by their provenance.
fn now() -> Timestamp {
    "2026-01-05T00:00:00Z".parse().unwrap()
}

/// Whoever may release: the release workflow of any repository of one organisation, at a tag.
fn release_workflow() -> Authority {
    let subject = r"https://github\.com/acme/[^/]+/\.github/workflows/release\.yml@refs/tags/v.*";
    let identity = IdentityPattern {
        issuer: TextPattern::Exact("https://token.actions.githubusercontent.com".to_owned()),
        subject: TextPattern::Regex(AnchoredRegex::new(subject).unwrap()),
    };
    Authority {
        name: "release".to_owned(),
        signer: Signer::Keyless(KeylessAuthority {
            identities: vec![identity],
            claims: BTreeMap::new(),
            sct: SctDemand::Required,
        }),
        trust_root: Some("private".to_owned()),
        tlog: LogDemand::Required,
        timestamp: TimestampDemand::LogOrAuthority,
        annotations: BTreeMap::new(),
    }
}

/// A signature and provenance by it; an SBOM is welcome.
fn the_rule() -> Rule {
    let by_release = || vec!["release".to_owned()];
    let demand = |name: &str, predicate_type: &str, required| AttestationDemand {
        name: name.to_owned(),
        predicate_types: vec![predicate_type.to_owned()],
        authorities: by_release(),
        threshold: 1,
        required,
    };
    rule(
        Some(SignatureDemand { any_of: by_release(), threshold: 1 }),
        vec![
            demand("provenance", "https://slsa.dev/provenance/v1", true),
            demand("sbom", "https://cyclonedx.org/bom", false),
        ],
    )
}

/// What the gate knows of an image of the fixtures.
fn facts(repository: &str, digest: Digest, attachments: &Attachments) -> ImageFacts {
    let answer =
        verifier(vec![release_workflow()]).verify(&the_rule(), &[digest], attachments, asked_at());
    let name = format!("registry.test/{repository}");
    ImageFacts {
        requested: format!("{name}@{digest}"),
        registry: "registry.test".to_owned(),
        repository: repository.to_owned(),
        tag: None,
        digest: Some(digest),
        resolved: Some(format!("{name}@{digest}")),
        pinned_by_caller: true,
        media_type: Some("application/vnd.oci.image.manifest.v1+json".to_owned()),
        platforms: Vec::new(),
        configuration: Some(ImageConfiguration::default()),
        verification: answer.verification,
        signatures: answer.signatures,
        attestations: answer.attestations,
        rejected: answer.rejected,
    }
}

/// The signatures are younger than the provenance that was made up for them.
fn asked_at() -> Timestamp {
    crate::verify::question::now()
}

fn of_case(case: &str) -> ImageFacts {
    let question = QUESTIONS.iter().find(|question| question.name == format!("{case}#0"));
    let question = question.unwrap_or_else(|| panic!("there is no case {case}"));
    let attachments = STORE.attachments(&question.repository, question.digest);
    facts(&question.repository, question.digest, &attachments)
}

/// Verdict and findings of a release of one image, by the built-in policies.
fn judged(facts: &ImageFacts, repository: Option<&str>) -> String {
    let revision = Revision::load(&[BundleSource::Builtin], &LoadOptions::default()).unwrap();
    let mut service = Service::named("app".parse().unwrap(), ServiceSource::Catalog);
    service.owner = Some("group:default/app".to_owned());
    service.repository = repository.map(str::to_owned);
    let image = Image::parse(&facts.requested);
    let release = Release {
        service: Some(service),
        images: vec![ImageUse { image, used_by: Vec::new() }],
        ..Release::default()
    };
    let evidence = EvidenceSet { images: vec![facts.clone()] };
    let request = Request::default();
    let outcomes = on_large_stack(|| revision.evaluate(&request, &release, &evidence, now()));
    let judgement = decide::judge(&Case {
        release: &release,
        environment: &request.environment,
        outcomes: &outcomes,
        policies: revision.policies(),
        rules: revision.enforcement(),
        now: now(),
    });
    let mut shown = format!("{}\n", judgement.verdict);
    for finding in &judgement.findings {
        let whom = format!("{} {}", finding.resource.kind, finding.resource.name);
        let _ = writeln!(
            shown,
            "  {} {}: {}\n    {whom}",
            finding.enforcement.as_str(),
            finding.code,
            finding.message
        );
    }
    shown
}

fn on_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().stack_size(16 << 20);
        builder.spawn_scoped(scope, work).unwrap().join().unwrap()
    })
}

const APP: Option<&str> = Some("https://github.com/acme/app");

#[test]
fn production_runs_only_what_the_release_workflow_signed_with_provenance_from_it() {
    let mut shown = String::new();
    let mut show = |what: &str, facts: &ImageFacts, repository: Option<&str>| {
        let _ = writeln!(shown, "== {what}\n{}", judged(facts, repository));
    };
    let released = of_case("keyless-bundle-release");
    show("signed and attested by the release workflow", &released, APP);
    show("the same in the older format", &of_case("keyless-legacy-release"), APP);
    show(
        "built from another repository than the service's",
        &released,
        Some("https://github.com/acme/other"),
    );
    show("signed, and no provenance", &of_case("keyless-bundle-rekor"), APP);
    show("not signed", &of_case("unsigned"), APP);
    show("signed with a key", &of_case("mixed-bundle-good-bundle-attacker"), APP);
    let mut unreachable = released.clone();
    unreachable.signatures.clear();
    unreachable.attestations.clear();
    unreachable.verification.status = VerificationStatus::Error;
    unreachable.verification.shortfalls = vec![ShortfallCode::CouldNotLook];
    unreachable.verification.errors = vec![LookFault {
        code: LookCode::RegistryTimeout,
        stage: "referrers".to_owned(),
        message: "registry.test did not answer within 3 s".to_owned(),
    }];
    show("the registry does not answer", &unreachable, APP);
    expect_file!["../cases/supply_chain/promise.txt"].assert_eq(&shown);
}

#[test]
fn images_are_shown_as_a_person_wants_them() {
    let mut shown = String::new();
    for case in ["keyless-bundle-release", "unsigned", "mixed-bundle-good-bundle-attacker"] {
        let _ = writeln!(shown, "{}", image::render(&of_case(case), Look::PLAIN));
    }
    let mut failed = of_case("unsigned");
    failed.digest = None;
    failed.resolved = None;
    failed.configuration = None;
    failed.verification.status = VerificationStatus::Error;
    failed.verification.shortfalls = vec![ShortfallCode::CouldNotLook];
    failed.verification.errors = vec![LookFault {
        code: LookCode::RegistryTimeout,
        stage: "resolve".to_owned(),
        message: "registry.test did not answer within 3 s".to_owned(),
    }];
    let _ = writeln!(shown, "{}", image::render(&failed, Look::PLAIN));
    let mut kept = of_case("keyless-bundle-rekor");
    kept.pinned_by_caller = false;
    kept.verification.cached = true;
    let _ = writeln!(shown, "{}", image::render(&kept, Look { width: 72, ..Look::PLAIN }));
    expect_file!["../cases/supply_chain/trees.txt"].assert_eq(&shown);
}

/// A code that nobody explains is a riddle at three in the morning.
#[test]
fn the_manual_says_of_every_code_what_it_means_and_what_to_do() {
    let manual = include_str!("../../docs/images.md");
    let rows: Vec<&str> = manual.lines().filter(|line| line.starts_with("| `")).collect();
    let lists = [
        ShortfallCode::ALL.iter().map(|code| (code.code(), code.meaning())).collect::<Vec<_>>(),
        RejectionCode::ALL.iter().map(|code| (code.code(), code.meaning())).collect(),
        LookCode::ALL.iter().map(|code| (code.code(), code.meaning())).collect(),
    ];
    let missing: Vec<String> = lists
        .concat()
        .into_iter()
        .map(|(code, meaning)| format!("| `{code}` | {meaning} | "))
        .filter(|row| !rows.iter().any(|line| line.len() > row.len() && line.starts_with(row)))
        .collect();
    assert!(missing.is_empty(), "docs/images.md: {missing:#?}");
}
