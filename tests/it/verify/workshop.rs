//! A Sigstore of our own: an authority that signs any certificate and a log that signs any entry.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use goldgate::domain::clock::Timestamp;
use goldgate::domain::digest::Digest;
use goldgate::domain::evidence::code::RejectionCode;
use goldgate::domain::evidence::{SubjectType, VerificationStatus};
use goldgate::domain::trust::{
    Authority, IdentityPattern, KeylessAuthority, LogDemand, SctDemand, Signer, TextPattern,
    TimestampDemand, TrustRoot,
};
use goldgate::evidence::attachment::{Attachment, Attachments};
use goldgate::evidence::verify::{Answer, ImageVerifier};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, PublicKeyData as _, SanType, date_time_ymd,
};
use serde_json::{Value, json};

use super::hostile::{SIGNATURE, SIMPLE_SIGNING, asked, attachment};
use super::question::{configuration, now};

pub(crate) const ISSUER: &str = "https://issuer.example";
pub(crate) const SUBJECT: &str = "https://builds.example/release";
const FULCIO_ISSUER: &[u64] = &[1, 3, 6, 1, 4, 1, 57264, 1, 1];

/// The signed time: inside the validity of certificates, which are valid on 23 November 2026 until 18:00.
const SIGNED_AT: &str = "2026-11-23T12:00:00Z";

pub(crate) struct Workshop {
    issuer: Issuer<'static, KeyPair>,
    log: EcdsaKeyPair,
    log_id: Digest,
    pub(crate) trusted_root: Vec<u8>,
}

impl Workshop {
    pub(crate) fn open() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params.not_before = date_time_ymd(2026, 1, 1);
        params.not_after = date_time_ymd(2030, 1, 1);
        let certificate = params.self_signed(&key).unwrap();
        let log_key = KeyPair::generate().unwrap();
        let log_spki = log_key.subject_public_key_info();
        let log_id = Digest::of(&log_spki);
        let from = json!({"start": "2026-01-01T00:00:00Z"});
        let trusted_root = json!({
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [{
                "baseUrl": "https://log.example", "hashAlgorithm": "SHA2_256",
                "publicKey": {
                    "rawBytes": STANDARD.encode(&log_spki),
                    "keyDetails": "PKIX_ECDSA_P256_SHA_256", "validFor": from,
                },
                "logId": {"keyId": STANDARD.encode(log_id.as_bytes())},
            }],
            "certificateAuthorities": [{
                "subject": {"organization": "test", "commonName": "test"},
                "uri": "https://ca.example",
                "certChain": {"certificates": [{"rawBytes": STANDARD.encode(certificate.der())}]},
                "validFor": from,
            }],
            "ctlogs": [], "timestampAuthorities": [],
        });
        Self {
            issuer: Issuer::new(params, key),
            log: signing_key(&log_key),
            log_id,
            trusted_root: trusted_root.to_string().into_bytes(),
        }
    }

    /// A signature of the unsigned image, as cosign writes one without a bundle.
    fn signature(&self, names: Vec<SanType>, signed_at: &str) -> Attachment {
        self.signature_of(asked("unsigned#0").digest, names, signed_at)
    }

    /// A signature of an image by who is trusted, at a time.
    pub(crate) fn signed(&self, image: Digest, signed_at: &str) -> Attachment {
        self.signature_of(image, vec![uri(SUBJECT)], signed_at)
    }

    fn signature_of(&self, image: Digest, names: Vec<SanType>, signed_at: &str) -> Attachment {
        let payload = format!(
            r#"{{"critical":{{"image":{{"docker-manifest-digest":"{image}"}},"type":"cosign container image signature"}}}}"#
        );
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.subject_alt_names = names;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
        params.custom_extensions =
            vec![CustomExtension::from_oid_content(FULCIO_ISSUER, ISSUER.as_bytes().to_vec())];
        params.not_before = date_time_ymd(2026, 11, 23);
        // Before the verifier's clock, so that a signature after it is late and not in the future.
        params.not_after = date_time_ymd(2026, 11, 24) - Duration::from_hours(6);
        let pem = params.signed_by(&key, &self.issuer).unwrap().pem();
        let signature = sign(&signing_key(&key), payload.as_bytes());
        let log_entry = self.log_entry(payload.as_bytes(), &signature, &pem, signed_at);
        let mut attachment = attachment(SIMPLE_SIGNING, payload.as_bytes());
        for (name, text) in [
            (SIGNATURE, signature),
            ("dev.sigstore.cosign/certificate", pem),
            ("dev.sigstore.cosign/bundle", log_entry),
        ] {
            attachment.annotations.insert(name.to_owned(), text);
        }
        attachment
    }

    fn log_entry(&self, payload: &[u8], signature: &str, pem: &str, signed_at: &str) -> String {
        let body = json!({"apiVersion": "0.0.1", "kind": "hashedrekord", "spec": {
            "data": {"hash": {"algorithm": "sha256", "value": Digest::of(payload).to_hex()}},
            "signature": {"content": signature, "publicKey": {"content": STANDARD.encode(pem)}},
        }});
        self.promised(&body, signed_at)
    }

    /// An entry with the log's promise, as cosign 2 annotates it.
    pub(super) fn promised(&self, body: &Value, signed_at: &str) -> String {
        let body = STANDARD.encode(body.to_string());
        let time = signed_at.parse::<Timestamp>().unwrap().as_millis() / 1000;
        let log = self.log_id.to_hex();
        // Canonical JSON: what the log's promise is over.
        let entry =
            format!(r#"{{"body":"{body}","integratedTime":{time},"logID":"{log}","logIndex":7}}"#);
        let promise = sign(&self.log, entry.as_bytes());
        format!(r#"{{"SignedEntryTimestamp":"{promise}","Payload":{entry}}}"#)
    }

    /// An entry that is the only one of the log, with the log's checkpoint, as a bundle holds it.
    pub(super) fn included(&self, kind: (&str, &str), body: &Value) -> Value {
        let body = body.to_string();
        // Source: RFC 6962, section 2.1.
        let root = STANDARD.encode(Digest::of(&[&[0], body.as_bytes()].concat()).as_bytes());
        let log = STANDARD.encode(self.log_id.as_bytes());
        let checkpoint = format!("log.example\n1\n{root}\n");
        let signature = self.log.sign(&SystemRandom::new(), checkpoint.as_bytes()).unwrap();
        let signed = [&self.log_id.as_bytes()[..4], signature.as_ref()].concat();
        let note = format!("{checkpoint}\n— log.example {}\n", STANDARD.encode(signed));
        json!({
            "logIndex": "0", "logId": {"keyId": log}, "canonicalizedBody": STANDARD.encode(&body),
            "kindVersion": {"kind": kind.0, "version": kind.1},
            "inclusionProof": {"logIndex": "0", "rootHash": root, "treeSize": "1", "hashes": [],
                "checkpoint": {"envelope": note}},
        })
    }

    fn answer(&self, attachment: Attachment) -> Answer {
        self.answer_of(authority(), attachment)
    }

    pub(super) fn answer_of(&self, authority: Authority, attachment: Attachment) -> Answer {
        let question = asked("unsigned#0");
        let hanging = Attachments { items: vec![attachment], faults: Vec::new() };
        let verifier = self.verifier_of(authority);
        verifier.verify(&question.rule(), &[question.digest], &hanging, now())
    }

    /// A verifier that knows an authority and this Sigstore.
    pub(super) fn verifier_of(&self, authority: Authority) -> ImageVerifier {
        let mut trust = configuration(vec![authority]);
        let root = TrustRoot {
            name: "workshop".to_owned(),
            digest: Digest::of(&self.trusted_root),
            json: Arc::from(self.trusted_root.as_slice()),
            refreshed_at: None,
            max_stale: None,
        };
        trust.roots.insert("workshop".to_owned(), root);
        ImageVerifier::new(Arc::new(trust))
    }
}

fn authority() -> Authority {
    let exact = |text: &str| TextPattern::Exact(text.to_owned());
    Authority {
        name: "asked".to_owned(),
        signer: Signer::Keyless(KeylessAuthority {
            identities: vec![IdentityPattern { issuer: exact(ISSUER), subject: exact(SUBJECT) }],
            claims: [].into(),
            sct: SctDemand::Ignored,
        }),
        trust_root: Some("workshop".to_owned()),
        tlog: LogDemand::Required,
        timestamp: TimestampDemand::LogOrAuthority,
        annotations: [].into(),
    }
}

fn signing_key(key: &KeyPair) -> EcdsaKeyPair {
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &key.serialize_der()).unwrap()
}

fn sign(key: &EcdsaKeyPair, message: &[u8]) -> String {
    STANDARD.encode(key.sign(&SystemRandom::new(), message).unwrap())
}

fn uri(text: &str) -> SanType {
    SanType::URI(text.try_into().unwrap())
}

/// Why a signature by a certificate for these names is rejected.
pub(crate) fn rejection(names: Vec<SanType>, signed_at: &str) -> RejectionCode {
    let workshop = Workshop::open();
    workshop.answer(workshop.signature(names, signed_at)).rejected[0].reason
}

/// The code for a certificate that names nobody.
pub(crate) fn nameless() -> RejectionCode {
    rejection(vec![SanType::DnsName("builds.example".try_into().unwrap())], SIGNED_AT)
}

#[test]
fn the_workshop_makes_signatures_that_are_accepted() {
    let workshop = Workshop::open();
    let answer = workshop.answer(workshop.signature(vec![uri(SUBJECT)], SIGNED_AT));
    assert_eq!(answer.verification.status, VerificationStatus::Verified, "{answer:#?}");
    let signer = &answer.signatures[0].signer;
    let identity = signer.identity.as_ref().unwrap();
    assert_eq!((identity.subject.as_str(), identity.subject_type), (SUBJECT, SubjectType::Uri));
    assert_eq!(signer.tlog.entries[0].log_index, 7);
    assert_eq!(signer.timestamps[0].time, SIGNED_AT.parse().unwrap());
}

#[test]
fn the_identity_is_the_first_name_and_a_second_one_gives_nothing() {
    let names = vec![uri("https://builds.example/other"), uri(SUBJECT)];
    assert_eq!(rejection(names, SIGNED_AT), RejectionCode::SubjectMismatch);
}

#[test]
fn a_certificate_that_had_run_out_or_was_not_valid_yet_is_refused() {
    for signed_at in ["2026-11-22T12:00:00Z", "2026-11-23T18:00:01Z"] {
        let code = rejection(vec![uri(SUBJECT)], signed_at);
        assert_eq!(code, RejectionCode::CertificateInvalid, "{signed_at}");
    }
}

#[test]
fn a_certificate_that_names_nobody_is_refused() {
    assert_eq!(nameless(), RejectionCode::IdentityMissing);
}

#[test]
fn the_authority_of_one_sigstore_is_nobody_in_another() {
    let (ours, other) = (Workshop::open(), Workshop::open());
    let answer = ours.answer(other.signature(vec![uri(SUBJECT)], SIGNED_AT));
    assert_eq!(answer.verification.status, VerificationStatus::Unverified);
}
