//! "Production runs only what our release workflow signed, with SLSA provenance from it": images that the real signing
//! program signed, one authority, one rule, and the built-in policies.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use expect_test::expect_file;
use goldgate::cli::print::{Look, image};
use goldgate::config::read_images;
use goldgate::decide::{self, Case};
use goldgate::domain::clock::Timestamp;
use goldgate::domain::digest::Digest;
use goldgate::domain::evidence::code::{LookCode, RejectionCode, ShortfallCode, TrustFaultCode};
use goldgate::domain::evidence::{
    EvidenceSet, ImageConfiguration, ImageFacts, LookFault, VerificationStatus,
};
use goldgate::domain::image::Image;
use goldgate::domain::release::{ImageUse, Release};
use goldgate::domain::request::Request;
use goldgate::domain::service::{Service, ServiceSource};
use goldgate::domain::trust::{
    MirroredRoot, RootFault, TrustConfiguration, TrustMaterial, TufMirror,
};
use goldgate::evidence::verify::key::PublicKey;
use goldgate::evidence::verify::{ImageVerifier, public_good_root};
use goldgate::policy::{BundleSource, LoadOptions, Revision};

use crate::verify::question::QUESTIONS;
use crate::verify::store::{STORE, fixtures};

/// Soon after the images were built, by their provenance.
fn now() -> Timestamp {
    "2026-01-05T00:00:00Z".parse().unwrap()
}

/// What the reader of `images.yaml` needs to know of keys and trust roots.
#[derive(Debug)]
struct Material;

impl TrustMaterial for Material {
    fn key(&self, pem: &str) -> Result<Arc<[u8]>, String> {
        Ok(PublicKey::from_pem(pem)?.spki().clone())
    }

    fn public_good(&self) -> &'static str {
        public_good_root()
    }

    fn usable(&self, _json: &[u8], _now: Timestamp) -> Result<(), RootFault> {
        Ok(())
    }

    fn mirrored(&self, mirror: &TufMirror, _now: Timestamp) -> Result<MirroredRoot, String> {
        Err(format!("no network in tests: {}", mirror.url))
    }
}

/// An `images.yaml`, with the trust root of the fixtures in the place of the public one.
fn trust(yaml: &str) -> TrustConfiguration {
    let root = fixtures().join("private-sigstore/trusted_root.json");
    let (builtin, file) = ("{builtin: public-good}", format!("{{file: {}}}", root.display()));
    assert!(yaml.contains(builtin), "{yaml}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("images.yaml");
    std::fs::write(&path, yaml.replace(builtin, &file)).unwrap();
    match read_images(&path, Path::new("images.yaml"), &Material, asked_at()) {
        Ok(read) => read.configuration,
        Err(faults) => panic!("{faults:#?}"),
    }
}

/// The three lines and the rule of the manual, as they stand there.
fn of_the_manual() -> TrustConfiguration {
    let manual = include_str!("../../docs/images.md");
    let blocks: Vec<&str> = manual.split("```yaml\n").skip(1).take(2).collect();
    let yaml = blocks.iter().map(|block| block.split("```").next().unwrap());
    trust(&yaml.collect::<String>())
}

fn of_the_example() -> TrustConfiguration {
    trust(include_str!("../../examples/images.yaml"))
}

/// What the gate knows of an image of the fixtures.
fn facts(trust: TrustConfiguration, repository: &str, digest: Digest) -> ImageFacts {
    let attachments = STORE.attachments(repository, digest);
    let rule = trust.rules.first().unwrap().clone();
    let verifier = ImageVerifier::new(Arc::new(trust));
    let answer = verifier.verify(&rule, &[digest], &attachments, asked_at());
    let name = format!("registry.acme.example/{repository}");
    ImageFacts {
        requested: format!("{name}@{digest}"),
        registry: "registry.acme.example".to_owned(),
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

fn of_case(trust: TrustConfiguration, case: &str) -> ImageFacts {
    let question = QUESTIONS.iter().find(|question| question.name == format!("{case}#0"));
    let question = question.unwrap_or_else(|| panic!("there is no case {case}"));
    facts(trust, &question.repository, question.digest)
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
        images: vec![ImageUse::named(image)],
        ..Release::default()
    };
    let evidence =
        EvidenceSet { images: vec![facts.clone()], images_asked: true, ..EvidenceSet::default() };
    let request = Request::default();
    let outcomes = on_large_stack(|| revision.evaluate(&request, &release, &evidence, now()));
    let judgement = decide::judge(&Case {
        release: &release,
        environment: &request.environment,
        evidence: &evidence,
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
    let released = of_case(of_the_manual(), "keyless-bundle-release");
    show("signed and attested by the release workflow", &released, APP);
    show("the same in the older format", &of_case(of_the_manual(), "keyless-legacy-release"), APP);
    show(
        "built from another repository than the service's",
        &released,
        Some("https://github.com/acme/other"),
    );
    show("signed, and no provenance", &of_case(of_the_manual(), "keyless-bundle-rekor"), APP);
    show("not signed", &of_case(of_the_manual(), "unsigned"), APP);
    show("signed with a key", &of_case(of_the_manual(), "mixed-bundle-good-bundle-attacker"), APP);
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
        let _ = writeln!(shown, "{}", image::render(&of_case(of_the_example(), case), Look::PLAIN));
    }
    let mut failed = of_case(of_the_example(), "unsigned");
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
    let mut kept = of_case(of_the_example(), "keyless-bundle-rekor");
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
        ShortfallCode::ALL
            .iter()
            .map(|code| (code.code(), code.meaning(), code.help()))
            .collect::<Vec<_>>(),
        RejectionCode::ALL.iter().map(|code| (code.code(), code.meaning(), code.help())).collect(),
        LookCode::ALL.iter().map(|code| (code.code(), code.meaning(), code.help())).collect(),
        TrustFaultCode::ALL.iter().map(|code| (code.code(), code.meaning(), code.help())).collect(),
    ];
    let missing: Vec<String> = lists
        .concat()
        .into_iter()
        .filter(|(code, meaning, help)| {
            let (row, end) = (format!("| `{code}` | {meaning} | "), format!(" | {help} |"));
            !rows.iter().any(|line| line.starts_with(&row) && line.ends_with(&end))
        })
        .map(|(code, meaning, help)| format!("| `{code}` | {meaning} | {help} |"))
        .collect();
    assert!(missing.is_empty(), "docs/images.md: {missing:#?}");
}
