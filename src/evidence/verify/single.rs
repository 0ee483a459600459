//! One bundle and one file, without a registry: `goldgate image verify-bundle`.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA512, digest as digest_of};
use sigstore_verify::types::{DigestBytes, SignatureContent};

use crate::domain::clock::Timestamp;
use crate::domain::digest::Digest;
use crate::domain::error::Error;
use crate::domain::evidence::code::RejectionCode;
use crate::domain::evidence::{ItemFormat, SignerFacts};
use crate::domain::trust::{
    Authority, HashPolicy, IdentityPattern, KeyAuthority, KeylessAuthority, LogDemand, SctDemand,
    Signer, TimestampDemand,
};
use crate::domain::value::Value;
use crate::evidence::verify::item::{self, Claim, Item};
use crate::evidence::verify::key::PublicKey;
use crate::evidence::verify::keyless::ProofDemand;
use crate::evidence::verify::rejection::Rejection;
use crate::evidence::verify::root::Root;
use crate::evidence::verify::statement::{self, Statement};
use crate::evidence::verify::{keyed, keyless};

/// A question about one bundle.
#[derive(Debug)]
pub struct BundleQuestion<'q> {
    /// The bundle's JSON.
    pub bundle: &'q [u8],
    /// What it is said to be about.
    pub artifact: BundleArtifact<'q>,
    /// `trusted_root.json`.
    pub trusted_root: &'q [u8],
    /// Who is trusted.
    pub signer: BundleSigner,
    /// Whether a log entry must be there.
    pub tlog: LogDemand,
}

/// What a bundle is said to be about.
#[derive(Clone, Copy, Debug)]
pub enum BundleArtifact<'q> {
    /// A file's bytes.
    Bytes(&'q [u8]),
    /// A file's digest. Ed25519 signatures over files cannot be verified with it.
    Digest(Digest),
}

/// Who is trusted to have signed a bundle.
#[derive(Debug)]
pub enum BundleSigner {
    /// A key.
    Key {
        /// The key.
        key: PublicKey,
        /// The digests that its signature may be over.
        hash: HashPolicy,
    },
    /// An identity.
    Identity(IdentityPattern),
}

/// What a verified bundle says.
#[derive(Clone, Debug, PartialEq)]
pub struct BundleFacts {
    /// Its version.
    pub format: ItemFormat,
    /// Who signed.
    pub signer: SignerFacts,
    /// The type and content of the predicate, when the bundle holds a statement.
    pub predicate: Option<(String, Value)>,
}

/// Verifies one bundle.
///
/// # Errors
/// `Ok(Err(_))` says why the bundle is not accepted; `Err(_)` is `Invalid` when the trust root cannot be read.
pub fn verify_bundle(
    question: &BundleQuestion<'_>,
    now: Timestamp,
) -> Result<Result<BundleFacts, Rejection>, Error> {
    let root = Root::read(question.trusted_root).map_err(|cause| {
        Error::invalid(format!("cannot read the trust root: {cause}"))
            .with_help("name a `trusted_root.json` as Sigstore has it")
    })?;
    Ok(verify(question, &root, now))
}

fn verify(
    question: &BundleQuestion<'_>,
    root: &Root,
    now: Timestamp,
) -> Result<BundleFacts, Rejection> {
    let item = item_of(question)?;
    let signer = match &question.signer {
        BundleSigner::Key { key, hash } => {
            let authority = authority_of(question, key_signer(key, *hash));
            keyed::verify(&item, &authority, key, *hash, Some(root), now)?
        }
        BundleSigner::Identity(pattern) => {
            let wanted = identity_signer(pattern);
            let authority = authority_of(question, Signer::Keyless(wanted.clone()));
            keyless::prove(&item, root, ProofDemand::of(&authority, &wanted), now)?
                .matched_by(&wanted)?
        }
    };
    let predicate = match item.claim {
        Claim::Signature { .. } => None,
        Claim::Attestation(statement) => Some((statement.predicate_type, statement.predicate)),
    };
    Ok(BundleFacts { format: item.format, signer: signer.into_facts(), predicate })
}

fn item_of<'q>(question: &BundleQuestion<'q>) -> Result<Item<'q>, Rejection> {
    let bundle = item::parse_bundle(question.bundle)?;
    let (payload, signed_digest) = match question.artifact {
        BundleArtifact::Bytes(bytes) => (Some(bytes), Digest::of(bytes)),
        BundleArtifact::Digest(digest) => (None, digest),
    };
    let claim = if let SignatureContent::DsseEnvelope(envelope) = &bundle.content {
        let statement = statement::read(&envelope.payload_type, envelope.payload.as_bytes())?;
        check_subject(&statement, signed_digest, payload)?;
        Claim::Attestation(statement)
    } else {
        Claim::Signature { annotations: BTreeMap::new() }
    };
    let format = item::version_of(&bundle)?;
    Ok(Item { format, claim, signed_digest, bundle, payload, envelope_timestamp: None })
}

/// Files, unlike images, are also named by SHA-512 (npm does).
fn check_subject(
    statement: &Statement,
    digest: Digest,
    bytes: Option<&[u8]>,
) -> Result<(), Rejection> {
    let sha512 = bytes.map(|bytes| DigestBytes::from(digest_of(&SHA512, bytes).as_ref()).to_hex());
    let is_named = sha512.is_some_and(|hex| {
        statement.subjects.iter().any(|subject| subject.facts.digest.get("sha512") == Some(&hex))
    });
    if statement.about(&[digest]).is_some() || is_named {
        return Ok(());
    }
    let message = "no subject of the statement has the file's digest";
    Err(Rejection::new(RejectionCode::DigestMismatch, message))
}

fn authority_of(question: &BundleQuestion<'_>, signer: Signer) -> Authority {
    let timestamp = match signer {
        Signer::Key(_) => TimestampDemand::Nothing,
        Signer::Keyless(_) => TimestampDemand::LogOrAuthority,
    };
    Authority {
        name: "command line".to_owned(),
        signer,
        trust_root: None,
        tlog: question.tlog,
        timestamp,
        annotations: BTreeMap::new(),
    }
}

fn key_signer(key: &PublicKey, hash: HashPolicy) -> Signer {
    Signer::Key(KeyAuthority { spki: key.spki().clone(), hash })
}

fn identity_signer(pattern: &IdentityPattern) -> KeylessAuthority {
    KeylessAuthority {
        identities: vec![pattern.clone()],
        claims: BTreeMap::new(),
        sct: SctDemand::Required,
    }
}
