//! One image's evidence against the crate that verifies bundles, alone, in turns in one run.
//!
//! `cargo bench --bench evidence`. First the ratio, then criterion's figures. Absolute times on a shared machine mean
//! little; the ratio of one run does. The goal is 1.15.
#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a benchmark prints, reads the environment, and stops when something is wrong"
)]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::Criterion;
use goldgate::domain::clock::Timestamp;
use goldgate::domain::digest::Digest;
use goldgate::domain::evidence::VerificationStatus;
use goldgate::domain::trust::{
    Authority, CacheLifetimes, Format, IdentityPattern, KeylessAuthority, LogDemand, PinPolicy,
    Registries, Rule, RuleAction, SctDemand, SignatureDemand, Signer, TextPattern, TimestampDemand,
    TrustConfiguration, TrustLimits, TrustRoot,
};
use goldgate::evidence::attachment::{Attachment, AttachmentPlace, Attachments};
use goldgate::evidence::verify::ImageVerifier;
use sigstore_verify::trust_root::TrustedRoot;
use sigstore_verify::types::{Bundle, Sha256Hash};
use sigstore_verify::{VerificationPolicy, Verifier};

const BUNDLE: &str = include_str!("data/keyless.sigstore.json");
const TRUSTED_ROOT: &str = include_str!("../tests/fixtures/images/trusted_root.json");
/// The image of the case `keyless-bundle-rekor`.
const IMAGE: &str = include_str!("data/keyless.digest");
const ISSUER: &str = "https://token.actions.githubusercontent.com";
const SUBJECT: &str = "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1.2.3";
/// 24 November 2026.
const NOW: Timestamp = Timestamp::from_millis(1_795_478_400_000);

fn main() {
    // `cargo test` only looks whether it runs.
    let in_earnest = std::env::args().any(|argument| argument == "--bench");
    let budget = if in_earnest { Duration::from_secs(4) } else { Duration::ZERO };
    let (ours, theirs) = (Ours::new(), Theirs::new());
    print_ratio(&ours, &theirs, budget);
    if !in_earnest || std::env::var_os("GOLDGATE_BENCH_RATIOS_ONLY").is_some() {
        return;
    }
    let mut criterion = Criterion::default().configure_from_args();
    criterion.bench_function("evidence/keyless_bundle", |bench| bench.iter(|| ours.verify()));
    criterion.bench_function("evidence/crate_alone", |bench| bench.iter(|| theirs.verify()));
    criterion.final_summary();
}

/// The fastest round of each, taken in turns.
fn print_ratio(ours: &Ours, theirs: &Theirs, budget: Duration) {
    const ROUND: u32 = 20;
    let time = |work: &dyn Fn()| {
        let start = Instant::now();
        (0..ROUND).for_each(|_| work());
        start.elapsed() / ROUND
    };
    let (mut best_ours, mut best_theirs) = (Duration::MAX, Duration::MAX);
    let start = Instant::now();
    loop {
        best_theirs = best_theirs.min(time(&|| theirs.verify()));
        best_ours = best_ours.min(time(&|| ours.verify()));
        if start.elapsed() >= budget {
            break;
        }
    }
    println!(
        "one keyless bundle: {best_ours:?}, the verifying crate alone {best_theirs:?}: {:.3}x (goal 1.15x)",
        best_ours.as_secs_f64() / best_theirs.as_secs_f64()
    );
}

/// The crate, as its manual uses it: parse, verify, compare the identity.
struct Theirs {
    verifier: Verifier,
    policy: VerificationPolicy,
}

impl Theirs {
    fn new() -> Self {
        let root = TrustedRoot::from_json(TRUSTED_ROOT).expect("a trust root");
        Self {
            verifier: Verifier::new(&root).expect("a verifier"),
            policy: VerificationPolicy::new(SUBJECT, ISSUER),
        }
    }

    fn verify(&self) {
        let bundle = Bundle::from_json(black_box(BUNDLE)).expect("a bundle");
        let digest = Sha256Hash::from_hex(digest().to_hex().as_str()).expect("a digest");
        black_box(self.verifier.verify(digest, &bundle, &self.policy).expect("verified"));
    }
}

struct Ours {
    verifier: ImageVerifier,
    rule: Rule,
    attachments: Attachments,
}

impl Ours {
    fn new() -> Self {
        let content = BUNDLE.as_bytes();
        let attachment = Attachment {
            found: AttachmentPlace::Referrer,
            attached_to: digest(),
            location: "registry.example/app@sha256:…".to_owned(),
            artifact_type: None,
            media_type: "application/vnd.dev.sigstore.bundle.v0.3+json".to_owned(),
            digest: Digest::of(content),
            annotations: BTreeMap::new(),
            content: Ok(Arc::from(content)),
        };
        Self {
            verifier: ImageVerifier::new(Arc::new(trust())),
            rule: rule(),
            attachments: Attachments { items: vec![attachment], faults: Vec::new() },
        }
    }

    fn verify(&self) {
        let answer = self.verifier.verify(&self.rule, &[digest()], &self.attachments, NOW);
        assert_eq!(answer.verification.status, VerificationStatus::Verified);
        black_box(answer);
    }
}

fn digest() -> Digest {
    IMAGE.trim().parse().expect("a digest")
}

fn rule() -> Rule {
    Rule {
        name: "all".to_owned(),
        images: vec!["**".to_owned()],
        action: RuleAction::Verify,
        formats: Format::ALL.to_vec(),
        signatures: Some(SignatureDemand { any_of: vec!["release".to_owned()], threshold: 1 }),
        attestations: Vec::new(),
        signature_repository: None,
        pin: PinPolicy::Resolve,
    }
}

fn trust() -> TrustConfiguration {
    let exact = |text: &str| TextPattern::Exact(text.to_owned());
    let authority = Authority {
        name: "release".to_owned(),
        signer: Signer::Keyless(KeylessAuthority {
            identities: vec![IdentityPattern { issuer: exact(ISSUER), subject: exact(SUBJECT) }],
            claims: BTreeMap::new(),
            sct: SctDemand::Required,
        }),
        trust_root: Some("private".to_owned()),
        tlog: LogDemand::Required,
        timestamp: TimestampDemand::LogOrAuthority,
        annotations: BTreeMap::new(),
    };
    let root = TrustRoot {
        name: "private".to_owned(),
        json: Arc::from(TRUSTED_ROOT.as_bytes()),
        digest: Digest::of(TRUSTED_ROOT.as_bytes()),
        refreshed_at: None,
        max_stale: None,
    };
    TrustConfiguration {
        digest: Digest::of(b"bench"),
        roots: BTreeMap::from([(root.name.clone(), root)]),
        authorities: BTreeMap::from([(authority.name.clone(), authority)]),
        rules: Vec::new(),
        registries: Registries::default(),
        limits: TrustLimits::default(),
        cache: CacheLifetimes::default(),
    }
}
