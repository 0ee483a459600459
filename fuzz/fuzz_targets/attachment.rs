//! Anything may hang on an image: no panic, and nothing is accepted that no key has signed.
//!
//! The first byte chooses the media type, the texts up to the first two zero bytes are annotations, the rest is the layer:
//! simple signing payloads, envelopes with statements, bundles, and the evidence that stands in annotations.
#![no_main]

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use goldgate::domain::clock::Timestamp;
use goldgate::domain::digest::Digest;
use goldgate::domain::evidence::VerificationStatus;
use goldgate::domain::trust::{
    AttestationDemand, Authority, CacheLifetimes, Format, HashPolicy, IdentityPattern,
    KeyAuthority, KeylessAuthority, LogDemand, PinPolicy, Registries, Rule, RuleAction,
    SctDemand, SignatureDemand, Signer, TextPattern, TimestampDemand, TrustConfiguration,
    TrustLimits, TrustRoot,
};
use goldgate::evidence::attachment::{Attachment, AttachmentPlace, Attachments};
use goldgate::evidence::verify::ImageVerifier;
use goldgate::evidence::verify::key::PublicKey;
use libfuzzer_sys::fuzz_target;

const KEY: &str = include_str!("../../tests/fixtures/images/test-keys/release.pub");
const ROOT: &[u8] = include_bytes!("../../tests/fixtures/images/trusted_root.json");
const MEDIA_TYPES: [&str; 3] = [
    "application/vnd.dev.cosign.simplesigning.v1+json",
    "application/vnd.dsse.envelope.v1+json",
    "application/vnd.dev.sigstore.bundle.v0.3+json",
];
const ANNOTATIONS: [&str; 2] =
    ["dev.cosignproject.cosign/signature", "dev.sigstore.cosign/bundle"];
const IMAGE: &[u8] = b"an image that nobody has signed";

static VERIFIER: LazyLock<ImageVerifier> = LazyLock::new(|| ImageVerifier::new(Arc::new(trust())));

fuzz_target!(|input: &[u8]| {
    let Some((choice, rest)) = input.split_first() else { return };
    let parts: Vec<&[u8]> = rest.splitn(3, |byte| *byte == 0).collect();
    let (content, texts) = parts.split_last().expect("there is one part at least");
    let texts = texts.iter().map(|text| String::from_utf8_lossy(text).into_owned());
    let names = ANNOTATIONS.iter().map(|name| (*name).to_owned());
    let attachment = Attachment {
        found: AttachmentPlace::Referrer,
        attached_to: Digest::of(IMAGE),
        location: String::new(),
        artifact_type: None,
        media_type: MEDIA_TYPES[usize::from(*choice) % MEDIA_TYPES.len()].to_owned(),
        digest: Digest::of(content),
        annotations: names.zip(texts).collect(),
        content: Ok(Arc::from(*content)),
    };
    let hanging = Attachments { items: vec![attachment], faults: Vec::new() };
    let now = Timestamp::from_millis(1_795_478_400_000);
    let answer = VERIFIER.verify(&rule(), &[Digest::of(IMAGE)], &hanging, now);
    assert_ne!(answer.verification.status, VerificationStatus::Verified);
    assert!(answer.signatures.is_empty() && answer.attestations.is_empty());
});

fn rule() -> Rule {
    let names = || vec!["key".to_owned(), "identity".to_owned()];
    Rule {
        name: "all".to_owned(),
        images: Vec::new(),
        action: RuleAction::Verify,
        formats: Format::ALL.to_vec(),
        signatures: Some(SignatureDemand { any_of: names(), threshold: 1 }),
        attestations: vec![AttestationDemand {
            name: "any".to_owned(),
            predicate_types: vec!["p".to_owned(), "https://slsa.dev/provenance/v1".to_owned()],
            authorities: names(),
            threshold: 1,
            required: true,
        }],
        signature_repository: None,
        pin: PinPolicy::Resolve,
    }
}

fn trust() -> TrustConfiguration {
    let exact = |text: &str| TextPattern::Exact(text.to_owned());
    let key = PublicKey::from_pem(KEY).expect("a key");
    let authority = |name: &str, signer: Signer, tlog: LogDemand, timestamp: TimestampDemand| {
        let trust_root = Some("private".to_owned());
        let annotations = BTreeMap::new();
        let name = name.to_owned();
        (name.clone(), Authority { name, signer, trust_root, tlog, timestamp, annotations })
    };
    let by_key = Signer::Key(KeyAuthority {
        spki: key.spki().clone(),
        hash: HashPolicy::AsTheKeyAllows,
    });
    let by_identity = Signer::Keyless(KeylessAuthority {
        identities: vec![IdentityPattern { issuer: exact("nobody"), subject: exact("nobody") }],
        claims: BTreeMap::new(),
        sct: SctDemand::Required,
    });
    let root = TrustRoot {
        name: "private".to_owned(),
        json: Arc::from(ROOT),
        digest: Digest::of(ROOT),
        refreshed_at: None,
        max_stale: None,
    };
    TrustConfiguration {
        digest: Digest::of(b"fuzz"),
        roots: BTreeMap::from([(root.name.clone(), root)]),
        authorities: BTreeMap::from([
            authority("key", by_key, LogDemand::Optional, TimestampDemand::Nothing),
            authority(
                "identity",
                by_identity,
                LogDemand::Required,
                TimestampDemand::LogOrAuthority,
            ),
        ]),
        rules: Vec::new(),
        registries: Registries::default(),
        limits: TrustLimits::default(),
        cache: CacheLifetimes::default(),
    }
}
