//! What is known of one signature or attestation.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::clock::Timestamp;
use crate::domain::digest::Digest;
use crate::domain::evidence::code::RejectionCode;
use crate::domain::predicate::{Predicate, SlsaLevel};
use crate::domain::value::Value;

/// A verified signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignatureFacts {
    /// The authority of `images.yaml` that accepts it.
    pub authority: String,
    /// How it is written down.
    pub format: ItemFormat,
    /// The digest of the blob that holds it (payload or bundle).
    pub id: Digest,
    /// Where it was found, `registry/repository@digest` of the manifest that carries it.
    pub location: String,
    /// The digest that it signs: the image's, or that of an index that holds the image.
    pub signed_digest: Digest,
    /// Who signed.
    #[serde(flatten)]
    pub signer: SignerFacts,
    /// What the signer wrote beside the digest (`cosign sign -a key=value`).
    pub annotations: BTreeMap<String, String>,
}

/// A verified attestation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttestationFacts {
    /// The authority of `images.yaml` that accepts it.
    pub authority: String,
    /// The name of the rule's demand that it meets.
    pub name: Option<String>,
    /// How it is written down.
    pub format: ItemFormat,
    /// The digest of the blob that holds it (envelope or bundle).
    pub id: Digest,
    /// Where it was found, `registry/repository@digest` of the manifest that carries it.
    pub location: String,
    /// The digest that it is about: the image's, or that of an index that holds the image.
    pub signed_digest: Digest,
    /// What it says: the type of the predicate, from the signed statement.
    pub predicate_type: String,
    /// The type of the statement.
    pub statement_type: String,
    /// The subjects of the statement, one of which is the image.
    pub subject: Vec<SubjectFacts>,
    /// The predicate, from the very bytes that were signed.
    pub predicate: Value,
    /// Whether the predicate was left out because it is too large for policies.
    pub predicate_truncated: bool,
    /// What the predicate says, as facts.
    pub facts: Predicate,
    /// The SLSA build level that provenance shows; none for every other predicate.
    pub slsa: Option<SlsaLevel>,
    /// Who signed.
    pub signer: SignerFacts,
}

impl AttestationFacts {
    /// The statement that was signed, as in-toto writes it. Source: in-toto attestation framework, "Statement layer".
    pub fn statement(&self) -> Value {
        let subjects = self.subject.iter().map(|subject| {
            let digests = subject.digest.iter().map(|(algorithm, digest)| {
                (Arc::from(algorithm.as_str()), Value::from(digest.as_str()))
            });
            let name = subject.name.as_deref().unwrap_or_default();
            Value::object(vec![
                (Arc::from("name"), Value::from(name)),
                (Arc::from("digest"), Value::object(digests.collect())),
            ])
        });
        Value::object(vec![
            (Arc::from("_type"), Value::from(self.statement_type.as_str())),
            (Arc::from("predicateType"), Value::from(self.predicate_type.as_str())),
            (Arc::from("subject"), Value::array(subjects.collect())),
            (Arc::from("predicate"), self.predicate.clone()),
        ])
    }
}

/// A subject of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectFacts {
    /// Its name; cosign's signatures have none.
    pub name: Option<String>,
    /// Algorithm to hexadecimal digits.
    pub digest: BTreeMap<String, String>,
}

/// Who signed, and what proves when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignerFacts {
    /// Which of `key` and `identity` is there.
    pub kind: SignerKind,
    /// The key that verified it.
    pub key: Option<KeyFacts>,
    /// The identity in the certificate.
    pub identity: Option<IdentityFacts>,
    /// What the transparency log proves.
    pub tlog: LogFacts,
    /// The times that are proven.
    pub timestamps: Vec<TimeFacts>,
    /// Whether the certificate is proven to be in a certificate log.
    pub sct: bool,
}

/// The two sorts of signers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignerKind {
    /// A key that the configuration names.
    Key,
    /// A short-lived certificate for an identity.
    Keyless,
}

/// A key that verified a signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyFacts {
    /// The authority that names it.
    pub name: String,
    /// The SHA-256 digest of its public key (`SubjectPublicKeyInfo`, DER).
    pub fingerprint: Digest,
    /// `ecdsa-p256-sha256`, `ed25519`, `ed25519ph`, `rsa-pkcs1v15-2048-sha256`.
    pub algorithm: String,
}

/// The identity in a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityFacts {
    /// Who vouched for the subject.
    pub issuer: String,
    /// The subject: a URI or a mail address.
    pub subject: String,
    /// Which of the two.
    pub subject_type: SubjectType,
    /// What the certificate says of the build, by the names of [`crate::domain::trust::Claim`].
    pub claims: BTreeMap<String, String>,
}

/// The sorts of subjects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectType {
    /// `https://github.com/…`.
    Uri,
    /// `someone@example.com`.
    Email,
}

/// What the transparency log proves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogFacts {
    /// Whether there is an entry that was verified.
    pub verified: bool,
    /// The entries that were verified.
    pub entries: Vec<LogEntryFacts>,
}

/// A verified entry of a transparency log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntryFacts {
    /// `hashedrekord/0.0.1`.
    pub kind: String,
    /// The log's id, base64 as the bundle writes it.
    pub log_id: String,
    /// The entry's number.
    pub log_index: u64,
    /// When the log took it, by its own account; Rekor v2 gives none.
    pub integrated_time: Option<Timestamp>,
    /// Whether an inclusion proof and a checkpoint were verified.
    pub inclusion_proof: bool,
    /// Whether a signed entry timestamp was verified.
    pub set: bool,
}

/// A time that is proven.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeFacts {
    /// Who says so.
    pub source: TimeSource,
    /// When.
    pub time: Timestamp,
}

/// Who says what time it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeSource {
    /// The transparency log.
    Rekor,
    /// A timestamp authority (RFC 3161).
    Tsa,
}

/// How an item is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ItemFormat {
    /// Simple signing, by a key (`.sig` tag or referrer).
    #[serde(rename = "simplesigning")]
    SimpleSigning,
    /// Simple signing, with certificate and log entry in annotations.
    #[serde(rename = "legacy-keyless")]
    LegacyKeyless,
    /// A DSSE envelope under the `.att` tag.
    #[serde(rename = "dsse-att")]
    DsseAtt,
    /// A Sigstore bundle 0.1.
    #[serde(rename = "bundle-v0.1")]
    BundleV01,
    /// A Sigstore bundle 0.2.
    #[serde(rename = "bundle-v0.2")]
    BundleV02,
    /// A Sigstore bundle 0.3.
    #[serde(rename = "bundle-v0.3")]
    BundleV03,
}

/// What an item claims to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    /// A signature of the image.
    Signature,
    /// A statement about the image.
    Attestation,
    /// Something that could not be told.
    Unknown,
}

/// An item that was not accepted. Nothing in it is to be trusted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedItem {
    /// The digest of the blob, when it is known.
    pub id: Option<Digest>,
    /// What it claims to be.
    pub kind: ItemKind,
    /// The predicate type that it claims.
    pub predicate_type: Option<String>,
    /// Why it was not accepted.
    pub reason: RejectionCode,
    /// What a person needs to know.
    pub message: String,
}
