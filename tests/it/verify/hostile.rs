//! What somebody without a key can do: junk, stolen items, lies about formats; and each limit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use goldgate::domain::clock::Timestamp;
use goldgate::domain::digest::Digest;
use goldgate::domain::evidence::code::{LookCode, RejectionCode, ShortfallCode};
use goldgate::domain::evidence::{LookFault, VerificationStatus};
use goldgate::domain::trust::{
    AttestationDemand, Authority, Format, LogDemand, Rule, RuleAction, SctDemand, SignatureDemand,
    Signer, TimestampDemand, TrustConfiguration,
};
use goldgate::evidence::attachment::{Attachment, AttachmentPlace, Attachments};
use goldgate::evidence::verify::{Answer, ImageVerifier};
use proptest::prelude::*;

use super::question::{QUESTIONS, Question, configuration, key_signer, now, rule, trust_root};
use super::store::STORE;
use super::workshop;

pub(crate) const SIMPLE_SIGNING: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
pub(crate) const ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";
pub(crate) const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
pub(crate) const SIGNATURE: &str = "dev.cosignproject.cosign/signature";

/// Everything that hangs on any image of the fixtures: what an attacker can copy.
static LOOT: LazyLock<Vec<Attachment>> = LazyLock::new(|| {
    let mut loot: Vec<Attachment> = Vec::new();
    for question in QUESTIONS.iter() {
        for attachment in STORE.attachments(&question.repository, question.digest).items {
            if !loot.iter().any(|known| known.digest == attachment.digest) {
                loot.push(attachment);
            }
        }
    }
    loot
});

pub(crate) fn asked(name: &str) -> &'static Question {
    QUESTIONS.iter().find(|question| question.name == name).unwrap()
}

fn attachments_of(name: &str) -> Attachments {
    let question = asked(name);
    STORE.attachments(&question.repository, question.digest)
}

/// An attachment of a media type with some content.
pub(crate) fn attachment(media_type: &str, content: &[u8]) -> Attachment {
    Attachment {
        found: AttachmentPlace::FallbackTag,
        attached_to: asked("unsigned#0").digest,
        location: "registry.test/cases/x@sha256:…".to_owned(),
        artifact_type: None,
        media_type: media_type.to_owned(),
        digest: Digest::of(content),
        annotations: BTreeMap::new(),
        content: Ok(Arc::from(content)),
    }
}

/// What an attacker hangs on an image.
fn attack() -> impl Strategy<Value = Vec<Attachment>> {
    let media_types = prop::sample::select(vec![SIMPLE_SIGNING, ENVELOPE, BUNDLE, "text/html"]);
    let random = (media_types.clone(), prop::collection::vec(any::<u8>(), 0..200))
        .prop_map(|(media_type, content)| attachment(media_type, &content));
    let stolen = prop::sample::select(LOOT.clone());
    let relabelled = (stolen.clone(), media_types).prop_map(|(mut attachment, media_type)| {
        media_type.clone_into(&mut attachment.media_type);
        attachment
    });
    let edited = (stolen.clone(), any::<prop::sample::Index>(), 1..=255_u8).prop_map(
        |(mut attachment, at, change)| {
            let mut content = attachment.content.clone().unwrap().to_vec();
            let at = at.index(content.len().max(1));
            if let Some(byte) = content.get_mut(at) {
                *byte = byte.wrapping_add(change);
            }
            attachment.content = Ok(Arc::from(content));
            attachment
        },
    );
    let mixed = (stolen.clone(), stolen.clone()).prop_map(|(mut attachment, other)| {
        attachment.annotations = other.annotations;
        attachment
    });
    let missing = stolen.clone().prop_map(|mut attachment| {
        attachment.content = Err(fault(LookCode::ItemNotFound));
        attachment
    });
    let one = prop_oneof![random, stolen, relabelled, edited, mixed, missing];
    prop::collection::vec(one, 0..12)
}

fn fault(code: LookCode) -> LookFault {
    LookFault { code, stage: "blob".to_owned(), message: "a test".to_owned() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_is_added_without_a_key_turns_a_deny_into_an_allow(
        attack in attack(),
        name in prop::sample::select(vec![
            "unsigned#0", "unsigned#1", "unsigned#2", "wrong-key-legacy#0", "wrong-key-bundle#0",
            "attack-copied-bundle#0", "keyless-bundle-evil#0", "keyless-legacy-lookalike#1",
            "att-bundle-copied#0", "index-bundle-child-only#0",
        ]),
        first in any::<bool>(),
    ) {
        let question = asked(name);
        let mut hanging = attachments_of(name);
        let at = if first { 0 } else { hanging.items.len() };
        hanging.items.splice(at..at, attack);
        let answer = question.answer_with(&hanging);
        prop_assert_ne!(answer.verification.status, VerificationStatus::Verified);
        prop_assert!(answer.signatures.is_empty() && answer.attestations.is_empty());
    }

    #[test]
    fn nothing_that_is_added_hides_what_is_good(
        attack in attack(),
        name in prop::sample::select(vec![
            "sig-legacy-p256#0", "sig-bundle-p256#0", "keyless-bundle-rekor2-tsa#0",
            "keyless-legacy#0", "att-legacy-slsa1#0", "att-bundle-slsa1#0",
        ]),
        first in any::<bool>(),
    ) {
        let question = asked(name);
        let mut hanging = attachments_of(name);
        let at = if first { 0 } else { hanging.items.len() };
        hanging.items.splice(at..at, attack);
        let answer = question.answer_with(&hanging);
        prop_assert_eq!(answer.verification.status, VerificationStatus::Verified);
    }
}

/// An authority that is a key of the fixtures, without log and time.
pub(crate) fn key_authority(name: &str, key: &str) -> Authority {
    Authority {
        name: name.to_owned(),
        signer: key_signer(key, None),
        trust_root: None,
        tlog: LogDemand::Ignored,
        timestamp: TimestampDemand::Nothing,
        annotations: BTreeMap::new(),
    }
}

fn signed_by(names: &[&str], threshold: usize) -> Rule {
    let any_of = names.iter().map(|name| (*name).to_owned()).collect();
    rule(Some(SignatureDemand { any_of, threshold }), Vec::new())
}

fn judged(trust: TrustConfiguration, rule: &Rule, image: &str, hanging: &Attachments) -> Answer {
    let digests = [asked(image).digest];
    ImageVerifier::new(Arc::new(trust)).verify(rule, &digests, hanging, now())
}

#[test]
fn two_authorities_with_one_key_are_one_signer() {
    let (one, two) = (key_authority("one", "release"), key_authority("two", "release"));
    let second = key_authority("second", "second");
    let trust = configuration(vec![one, two, second]);
    let hanging = attachments_of("sig-bundle-two-keys#0");
    let judged = |names: &[&str], threshold: usize| {
        let rule = signed_by(names, threshold);
        judged(trust.clone(), &rule, "sig-bundle-two-keys#0", &hanging).verification
    };
    assert_eq!(judged(&["one", "two"], 1).status, VerificationStatus::Verified);
    let short = judged(&["one", "two"], 2);
    assert_eq!(short.status, VerificationStatus::Unverified);
    assert_eq!(short.shortfalls, [ShortfallCode::ThresholdNotMet]);
    assert_eq!(judged(&["one", "two", "second"], 2).status, VerificationStatus::Verified);
    assert_eq!(judged(&["one", "two", "second"], 3).status, VerificationStatus::Unverified);
}

#[test]
fn unsigned_signed_by_others_and_could_not_look_are_three_facts() {
    let trust = configuration(vec![key_authority("release", "release")]);
    let rule = signed_by(&["release"], 1);
    let status = |image: &str, hanging: &Attachments| {
        let verification = judged(trust.clone(), &rule, image, hanging).verification;
        (verification.status, verification.shortfalls)
    };
    let unsigned = status("unsigned#0", &attachments_of("unsigned#0"));
    assert_eq!(unsigned, (VerificationStatus::Unverified, vec![ShortfallCode::Unsigned]));
    let others = status("wrong-key-bundle#0", &attachments_of("wrong-key-bundle#0"));
    assert_eq!(others, (VerificationStatus::Unverified, vec![ShortfallCode::SignedByOthers]));
    let unseen = Attachments { items: Vec::new(), faults: vec![fault(LookCode::RegistryTimeout)] };
    let (status, shortfalls) = status("unsigned#0", &unseen);
    assert_eq!(status, VerificationStatus::Error);
    assert!(shortfalls.contains(&ShortfallCode::CouldNotLook));
}

#[test]
fn a_signature_on_the_index_covers_its_children_and_not_the_reverse() {
    let verifier = ImageVerifier::new(Arc::new(configuration(vec![key_authority("r", "release")])));
    let rule = signed_by(&["r"], 1);
    let index = asked("index-bundle#0");
    let child = asked("index-bundle#1");
    let hanging = STORE.attachments(&index.repository, index.digest);
    let status = |digests: &[Digest], hanging: &Attachments| {
        verifier.verify(&rule, digests, hanging, now()).verification.status
    };
    assert_eq!(status(&[child.digest, index.digest], &hanging), VerificationStatus::Verified);
    assert_eq!(status(&[child.digest], &hanging), VerificationStatus::Unverified);
    let (parent, signed_child) =
        (asked("index-bundle-child-only#0"), asked("index-bundle-child-only#1"));
    let hanging = STORE.attachments(&signed_child.repository, signed_child.digest);
    assert_eq!(status(&[parent.digest], &hanging), VerificationStatus::Unverified);
}

#[test]
fn beyond_a_limit_the_answer_is_an_error_even_when_something_good_was_found() {
    let image = "sig-bundle-p256#0";
    let good = attachments_of(image);
    let status = |trust: TrustConfiguration, hanging: &Attachments| {
        let answer = judged(trust, &signed_by(&["r"], 1), image, hanging);
        let codes: Vec<_> = answer.verification.errors.iter().map(|fault| fault.code).collect();
        (answer.verification.status, codes)
    };
    let trust = || configuration(vec![key_authority("r", "release")]);

    let mut small = trust();
    small.limits.bundle_bytes = 10;
    assert_eq!(status(small, &good), (VerificationStatus::Error, vec![LookCode::LimitBytes]));

    let mut few = trust();
    few.limits.signatures_verified = 3;
    let mut many = good.clone();
    many.items.extend((0..3).map(|n| attachment(BUNDLE, format!("{n}").as_bytes())));
    assert_eq!(status(few, &many), (VerificationStatus::Error, vec![LookCode::LimitSignatures]));

    let mut cut = good.clone();
    cut.faults.push(fault(LookCode::LimitItems));
    assert_eq!(status(trust(), &cut), (VerificationStatus::Error, vec![LookCode::LimitItems]));

    let mut dangling = good;
    dangling.faults.push(fault(LookCode::ItemNotFound));
    let found = status(trust(), &dangling);
    assert_eq!(found, (VerificationStatus::Verified, vec![LookCode::ItemNotFound]));
}

#[test]
fn a_trust_root_that_cannot_be_used_is_a_fault_and_accepts_nothing() {
    let question = asked("keyless-bundle-rekor#0");
    let hanging = attachments_of("keyless-bundle-rekor#0");
    let codes = |change: &dyn Fn(&mut TrustConfiguration)| {
        let mut trust = configuration(vec![question.authority()]);
        change(&mut trust);
        let verifier = ImageVerifier::new(Arc::new(trust));
        let answer = verifier.verify(&question.rule(), &[question.digest], &hanging, now());
        assert_eq!(answer.verification.status, VerificationStatus::Error);
        assert!(answer.signatures.is_empty());
        answer.verification.errors.iter().map(|fault| fault.code).collect::<Vec<_>>()
    };
    assert_eq!(codes(&|trust| trust.roots.clear()), [LookCode::TrustRootMissing]);
    let broken = |trust: &mut TrustConfiguration| {
        trust.roots.get_mut("private").unwrap().json = Arc::from(&b"{}"[..]);
    };
    assert_eq!(codes(&broken), [LookCode::TrustRootUnreadable]);
    let stale = |trust: &mut TrustConfiguration| {
        let root = trust.roots.get_mut("private").unwrap();
        root.refreshed_at = Some(Timestamp::from_millis(now().as_millis() - 7_200_000));
        root.max_stale = Some(Duration::from_hours(1));
    };
    assert_eq!(codes(&stale), [LookCode::TrustRootStale]);
}

#[test]
fn a_rule_may_deny_or_skip_unseen() {
    let trust = configuration(vec![key_authority("r", "release")]);
    let image = "sig-bundle-p256#0";
    let hanging = attachments_of(image);
    let status = |action: RuleAction| {
        let rule = Rule { action, ..signed_by(&["r"], 1) };
        judged(trust.clone(), &rule, image, &hanging).verification.status
    };
    assert_eq!(status(RuleAction::Verify), VerificationStatus::Verified);
    assert_eq!(status(RuleAction::Deny), VerificationStatus::Unverified);
    assert_eq!(status(RuleAction::Skip), VerificationStatus::Skipped);
}

#[test]
fn a_demand_lets_only_its_own_authorities_speak_about_its_predicates() {
    let trust = configuration(vec![
        key_authority("attacker", "attacker"),
        key_authority("release", "release"),
    ]);
    let demand = |authority: &str, predicate_type: &str| AttestationDemand {
        name: authority.to_owned(),
        predicate_types: vec![predicate_type.to_owned()],
        authorities: vec![authority.to_owned()],
        threshold: 1,
        required: true,
    };
    // The attacker's key is trusted for scans, and has signed a provenance.
    let rule = rule(
        Some(SignatureDemand { any_of: vec!["attacker".to_owned()], threshold: 1 }),
        vec![
            demand("attacker", "https://cosign.sigstore.dev/attestation/vuln/v1"),
            demand("release", "https://slsa.dev/provenance/v1"),
        ],
    );
    let image = "att-bundle-two-signers#0";
    let answer = judged(trust, &rule, image, &attachments_of(image));
    let accepted: Vec<_> = answer.attestations.iter().map(|item| &item.authority).collect();
    assert_eq!(accepted, ["release"]);
}

/// Every code of a rejected item, each with the way to get it.
#[test]
fn every_rejection_code_has_a_case() {
    let mut seen: BTreeSet<RejectionCode> = BTreeSet::new();
    for question in QUESTIONS.iter() {
        seen.extend(question.answer().rejected.iter().map(|item| item.reason));
    }
    for (wanted, found) in hand_made() {
        assert_eq!(found, wanted);
        seen.insert(found);
    }
    let missing: Vec<_> = RejectionCode::ALL.iter().filter(|code| !seen.contains(code)).collect();
    assert!(missing.is_empty(), "no case gives {missing:?}");
}

fn hand_made() -> Vec<(RejectionCode, RejectionCode)> {
    let digest = asked("unsigned#0").digest.to_hex();
    let payload = format!(
        r#"{{"critical":{{"image":{{"docker-manifest-digest":"sha256:{digest}"}},"type":"cosign container image signature"}}}}"#
    );
    let statement = |more: &str| {
        format!(
            r#"{{"_type":"https://in-toto.io/Statement/v1","subject":[{{"digest":{{"sha256":"{digest}"}}}}],"predicateType":"https://sigstore.dev/cosign/sign/v1",{more}}}"#
        )
    };
    let envelope = |payload: &str, signatures: &str| {
        use base64::Engine as _;
        let payload = base64::engine::general_purpose::STANDARD.encode(payload);
        format!(
            r#"{{"payload":"{payload}","payloadType":"application/vnd.in-toto+json","signatures":[{signatures}]}}"#
        )
    };
    let one = r#"{"sig":"AAAA"}"#;
    let twice = payload.replacen("{\"image\"", "{\"type\":\"x\",\"image\"", 1);
    let deep = statement(&format!(r#""predicate":{}1{}"#, "[".repeat(200), "]".repeat(200)));
    let malformed = statement(r#""predicate":{"runDetails":{"builder":{}}}"#)
        .replace("https://sigstore.dev/cosign/sign/v1", "https://slsa.dev/provenance/v1");
    let of = |media_type: &str, content: &str| {
        reason(&asked("unsigned#0").authority(), &attachment(media_type, content.as_bytes()), now())
    };
    vec![
        (RejectionCode::DuplicateKey, of(SIMPLE_SIGNING, &twice)),
        (RejectionCode::NotASignature, of(SIMPLE_SIGNING, "{}")),
        (RejectionCode::SignatureMissing, of(SIMPLE_SIGNING, &payload)),
        (RejectionCode::PredicateTooLarge, of(ENVELOPE, &envelope(&deep, one))),
        (RejectionCode::PredicateMalformed, of(ENVELOPE, &envelope(&malformed, one))),
        (RejectionCode::NotInToto, of(ENVELOPE, &envelope(r#"{"_type":"x"}"#, one))),
        (
            RejectionCode::ManySignatures,
            of(ENVELOPE, &envelope(&statement(r#""predicate":{}"#), &format!("{one},{one}"))),
        ),
        (RejectionCode::FormatNotAllowed, format_not_allowed()),
        (RejectionCode::Unsupported, unsupported_bundle()),
        (RejectionCode::SctInvalid, with_another_certificate_log()),
        (RejectionCode::SignedInFuture, early()),
        (RejectionCode::IdentityMissing, workshop::nameless()),
    ]
}

/// Why one attachment is rejected when it hangs on the unsigned image.
pub(crate) fn reason(
    authority: &Authority,
    attachment: &Attachment,
    now: Timestamp,
) -> RejectionCode {
    let question = asked("unsigned#0");
    let verifier = super::question::verifier(vec![authority.clone()]);
    let hanging = Attachments { items: vec![attachment.clone()], faults: Vec::new() };
    let answer = verifier.verify(&question.rule(), &[question.digest], &hanging, now);
    answer.rejected[0].reason
}

fn format_not_allowed() -> RejectionCode {
    let trust = configuration(vec![key_authority("r", "release")]);
    let rule = Rule { formats: vec![Format::Att], ..signed_by(&["r"], 1) };
    let image = "sig-bundle-p256#0";
    judged(trust, &rule, image, &attachments_of(image)).rejected[0].reason
}

/// A bundle of version 0.3 with a chain, which only older versions may have.
fn unsupported_bundle() -> RejectionCode {
    let name = "keyless-bundle-rekor#0";
    let mut hanging = attachments_of(name);
    for item in &mut hanging.items {
        let text = String::from_utf8(item.content.as_deref().unwrap().to_vec()).unwrap();
        let text =
            text.replacen("\"certificate\":{", "\"x509CertificateChain\":{\"certificates\":[{", 1);
        let (before, behind) = text.split_once("\"tlogEntries\"").unwrap();
        let before = before.trim_end().strip_suffix("},").unwrap();
        item.content = Ok(Arc::from(format!("{before}}}]}},\"tlogEntries\"{behind}").into_bytes()));
    }
    asked(name).answer_with(&hanging).rejected[0].reason
}

fn with_another_certificate_log() -> RejectionCode {
    let question = asked("keyless-bundle-rekor#0");
    let mut trust = configuration(vec![question.authority()]);
    let root = trust.roots.get_mut("private").unwrap();
    let mut json: serde_json::Value = serde_json::from_slice(&root.json).unwrap();
    let other: serde_json::Value = serde_json::from_slice(&trust_root("other").json).unwrap();
    json["ctlogs"] = other["ctlogs"].clone();
    root.json = Arc::from(json.to_string().into_bytes());
    let hanging = attachments_of("keyless-bundle-rekor#0");
    let verifier = ImageVerifier::new(Arc::new(trust.clone()));
    let answer = verifier.verify(&question.rule(), &[question.digest], &hanging, now());
    // Who does not ask for it, does not miss it.
    if let Some(Authority { signer: Signer::Keyless(keyless), .. }) =
        trust.authorities.get_mut("asked")
    {
        keyless.sct = SctDemand::Ignored;
    }
    let verifier = ImageVerifier::new(Arc::new(trust));
    let relaxed = verifier.verify(&question.rule(), &[question.digest], &hanging, now());
    assert_eq!(relaxed.verification.status, VerificationStatus::Verified);
    assert!(!relaxed.signatures[0].signer.sct);
    answer.rejected[0].reason
}

/// The gate's clock stands before the signature.
fn early() -> RejectionCode {
    let question = asked("keyless-bundle-rekor#0");
    let verifier = super::question::verifier(vec![question.authority()]);
    let hanging = attachments_of("keyless-bundle-rekor#0");
    let early: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
    verifier.verify(&question.rule(), &[question.digest], &hanging, early).rejected[0].reason
}
