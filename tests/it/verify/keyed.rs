//! Signatures by keys that the verifying crate does not verify with, in a transparency log.

use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P521_SHA512_ASN1_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Digest as _, Sha512, SigningKey};
use goldgate::domain::digest::Digest;
use goldgate::domain::evidence::VerificationStatus;
use goldgate::domain::evidence::code::RejectionCode;
use goldgate::domain::trust::{
    Authority, HashPolicy, KeyAuthority, LogDemand, Signer, TimestampDemand,
};
use goldgate::evidence::attachment::Attachment;
use goldgate::evidence::verify::ImageVerifier;
use rcgen::{KeyPair, PKCS_ECDSA_P521_SHA512, PublicKeyData as _};
use serde_json::{Value, json};

use super::hostile::{SIGNATURE, SIMPLE_SIGNING, asked, attachment};
use super::workshop::Workshop;

const SIGNED_AT: &str = "2026-11-23T12:00:00Z";
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const IN_TOTO: &str = "application/vnd.in-toto+json";

/// A key of a kind, with what it signs by.
struct Key {
    spki: Vec<u8>,
    sign: Signing,
}

/// Makes a signature of a message.
type Signing = Box<dyn Fn(&[u8]) -> Vec<u8>>;

impl Key {
    fn p521() -> Self {
        let pair = KeyPair::generate_for(&PKCS_ECDSA_P521_SHA512).unwrap();
        let der = pair.serialize_der();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P521_SHA512_ASN1_SIGNING, &der).unwrap();
        let sign = move |message: &[u8]| {
            key.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
        };
        Self { spki: pair.subject_public_key_info(), sign: Box::new(sign) }
    }

    /// Ed25519 as cosign 3 signs with it.
    fn ed25519ph() -> Self {
        let key = SigningKey::from_bytes(&[7; 32]);
        // Source: RFC 8410, section 4.
        let prefix = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
        let spki = [&prefix[..], key.verifying_key().as_bytes()].concat();
        let sign = move |message: &[u8]| {
            let digest = Sha512::new().chain_update(message);
            key.sign_prehashed(digest, None).unwrap().to_bytes().to_vec()
        };
        Self { spki, sign: Box::new(sign) }
    }

    fn pem(&self) -> String {
        let text = STANDARD.encode(&self.spki);
        format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n")
    }

    fn authority(&self) -> Authority {
        Authority {
            name: "asked".to_owned(),
            signer: Signer::Key(KeyAuthority {
                spki: Arc::from(self.spki.as_slice()),
                hash: HashPolicy::default(),
            }),
            trust_root: Some("workshop".to_owned()),
            tlog: LogDemand::Required,
            timestamp: TimestampDemand::Nothing,
            annotations: [].into(),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}

/// A signature as cosign 2 annotates it; `spoil` changes what the log was told.
fn annotated(workshop: &Workshop, key: &Key, spoil: &dyn Fn(&mut Value)) -> Attachment {
    let payload = format!(
        r#"{{"critical":{{"image":{{"docker-manifest-digest":"{}"}},"type":"cosign container image signature"}}}}"#,
        asked("unsigned#0").digest
    );
    let signature = STANDARD.encode((key.sign)(payload.as_bytes()));
    let mut body = json!({"apiVersion": "0.0.1", "kind": "hashedrekord", "spec": {
        "data": {"hash": {"algorithm": "sha512", "value": hex(&Sha512::digest(payload.as_bytes()))}},
        "signature": {"content": signature, "publicKey": {"content": STANDARD.encode(key.pem())}},
    }});
    spoil(&mut body);
    let mut item = attachment(SIMPLE_SIGNING, payload.as_bytes());
    item.annotations.insert(SIGNATURE.to_owned(), signature);
    let entry = workshop.promised(&body, SIGNED_AT);
    item.annotations.insert("dev.sigstore.cosign/bundle".to_owned(), entry);
    item
}

/// A signature in a bundle whose entry is in the second version of the log.
fn tiled(workshop: &Workshop, key: &Key) -> Attachment {
    let (statement, pae) = statement();
    let signature = STANDARD.encode((key.sign)(pae.as_bytes()));
    let body = json!({"apiVersion": "0.0.2", "kind": "hashedrekord", "spec": {"hashedRekordV002": {
        "data": {"algorithm": "SHA2_512", "digest": STANDARD.encode(Sha512::digest(pae.as_bytes()))},
        "signature": {"content": signature, "verifier": {"keyDetails": "PKIX_ECDSA_P521_SHA_512",
            "publicKey": {"rawBytes": STANDARD.encode(&key.spki)}}},
    }}});
    let entry = workshop.included(("hashedrekord", "0.0.2"), &body);
    attachment(BUNDLE, bundle(&entry, &statement, &signature).to_string().as_bytes())
}

/// What a bundle signs, and the very bytes of which it is the signature.
fn statement() -> (String, String) {
    let digest: Digest = asked("unsigned#0").digest;
    let statement = json!({"_type": "https://in-toto.io/Statement/v1", "predicate": {},
        "predicateType": "https://sigstore.dev/cosign/sign/v1",
        "subject": [{"digest": {"sha256": digest.to_hex()}}]})
    .to_string();
    let pae = format!("DSSEv1 {} {IN_TOTO} {} {statement}", IN_TOTO.len(), statement.len());
    (statement, pae)
}

fn bundle(entry: &Value, statement: &str, signature: &str) -> Value {
    json!({"mediaType": BUNDLE,
        "verificationMaterial": {"publicKey": {"hint": ""}, "tlogEntries": [entry]},
        "dsseEnvelope": {"payload": STANDARD.encode(statement), "payloadType": IN_TOTO,
            "signatures": [{"sig": signature}]}})
}

/// One item of each form whose log entry this gate verifies itself, with a verifier that accepts it.
pub(super) fn logged() -> Vec<(String, ImageVerifier, Attachment)> {
    let mut logged = Vec::new();
    for (name, key) in [("p521", Key::p521()), ("ed25519ph", Key::ed25519ph())] {
        let workshop = Workshop::open();
        for (form, item) in [
            ("annotated", annotated(&workshop, &key, &|_| {})),
            ("bundled", bundled(&workshop, &key, &|_| {}, &|_| {})),
            ("tiled", tiled(&workshop, &key)),
        ] {
            logged.push((format!("{name}-{form}"), workshop.verifier_of(key.authority()), item));
        }
    }
    logged
}

/// A signature in a bundle; `spoil` changes what the log was told, and `twist` the whole bundle.
fn bundled(
    workshop: &Workshop,
    key: &Key,
    spoil: &dyn Fn(&mut Value),
    twist: &dyn Fn(&mut Value),
) -> Attachment {
    let (statement, pae) = statement();
    let signature = STANDARD.encode((key.sign)(pae.as_bytes()));
    let mut body = json!({"apiVersion": "0.0.1", "kind": "dsse", "spec": {
        "envelopeHash": {"algorithm": "sha256", "value": "00".repeat(32)},
        "payloadHash": {"algorithm": "sha256", "value": Digest::of(statement.as_bytes()).to_hex()},
        "signatures": [{"signature": signature, "verifier": STANDARD.encode(key.pem())}],
    }});
    spoil(&mut body);
    let entry = workshop.included(("dsse", "0.0.1"), &body);
    let mut bundle = bundle(&entry, &statement, &signature);
    twist(&mut bundle);
    attachment(BUNDLE, bundle.to_string().as_bytes())
}

#[test]
fn signatures_on_p521_and_by_ed25519ph_count_with_their_log_entries() {
    for (key, algorithm) in [(Key::p521(), "ecdsa-p521-sha512"), (Key::ed25519ph(), "ed25519ph")] {
        let workshop = Workshop::open();
        for item in [
            annotated(&workshop, &key, &|_| {}),
            bundled(&workshop, &key, &|_| {}, &|_| {}),
            tiled(&workshop, &key),
        ] {
            let answer = workshop.answer_of(key.authority(), item);
            assert_eq!(answer.verification.status, VerificationStatus::Verified, "{answer:#?}");
            let signer = &answer.signatures[0].signer;
            assert_eq!(signer.key.as_ref().unwrap().algorithm, algorithm);
            assert!(signer.tlog.verified);
        }
    }
}

#[test]
fn an_entry_about_anything_else_is_refused() {
    let (workshop, key, other) = (Workshop::open(), Key::p521(), Key::p521());
    let pem = json!(STANDARD.encode(other.pem()));
    let hash = json!("00".repeat(64));
    let put = |pointer: &'static str, value: Value| {
        move |body: &mut Value| *body.pointer_mut(pointer).unwrap() = value.clone()
    };
    let refused = |item: Attachment| {
        let answer = workshop.answer_of(key.authority(), item);
        assert_ne!(answer.verification.status, VerificationStatus::Verified, "{answer:#?}");
        assert_eq!(answer.rejected[0].reason, RejectionCode::LogEntryInvalid, "{answer:#?}");
    };
    for spoil in [
        put("/spec/data/hash/value", hash.clone()),
        put("/spec/data/hash/algorithm", json!("md5")),
        put("/spec/signature/content", json!("AAAA")),
        put("/spec/signature/publicKey/content", pem.clone()),
        put("/kind", json!("dsse")),
    ] {
        refused(annotated(&workshop, &key, &spoil));
    }
    for spoil in [
        put("/spec/payloadHash/value", hash),
        put("/spec/signatures/0/signature", json!("AAAA")),
        put("/spec/signatures/0/verifier", pem),
        put("/spec/signatures", json!([])),
        put("/apiVersion", json!("0.0.2")),
    ] {
        refused(bundled(&workshop, &key, &spoil, &|_| {}));
    }
    let entry = "/verificationMaterial/tlogEntries/0";
    let part = |rest: &str| format!("{entry}{rest}");
    for (pointer, value) in [
        (part("/inclusionProof/rootHash"), json!(STANDARD.encode([0; 32]))),
        (part("/inclusionProof/logIndex"), json!("1")),
        (part("/inclusionProof/hashes"), json!([STANDARD.encode([0; 32])])),
        (part("/logId/keyId"), json!(STANDARD.encode([0; 32]))),
    ] {
        let twist = |bundle: &mut Value| *bundle.pointer_mut(&pointer).unwrap() = value.clone();
        refused(bundled(&workshop, &key, &|_| {}, &twist));
    }
    // Another key's name beside the log's own signature.
    let pointer = part("/inclusionProof/checkpoint/envelope");
    let renamed = |bundle: &mut Value| {
        let note = bundle.pointer_mut(&pointer).unwrap();
        let (before, line) = note.as_str().unwrap().trim_end().rsplit_once(' ').unwrap();
        let mut bytes = STANDARD.decode(line).unwrap();
        bytes[0] ^= 1;
        *note = json!(format!("{before} {}\n", STANDARD.encode(bytes)));
    };
    refused(bundled(&workshop, &key, &|_| {}, &renamed));
    let bare = |bundle: &mut Value| {
        bundle.pointer_mut(entry).unwrap().as_object_mut().unwrap().remove("inclusionProof");
    };
    refused(bundled(&workshop, &key, &|_| {}, &bare));
}

#[test]
fn an_entry_of_a_log_that_is_not_trusted_is_refused() {
    let (workshop, other, key) = (Workshop::open(), Workshop::open(), Key::ed25519ph());
    for item in [annotated(&other, &key, &|_| {}), bundled(&other, &key, &|_| {}, &|_| {})] {
        let answer = workshop.answer_of(key.authority(), item);
        assert_eq!(answer.rejected[0].reason, RejectionCode::LogEntryInvalid, "{answer:#?}");
    }
}
