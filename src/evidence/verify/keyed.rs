//! Signatures by keys that the configuration names.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sigstore_verify::PublicKeyVerificationPolicy;
use sigstore_verify::types::{
    Bundle, DerPublicKey, DigestBytes, HashAlgorithm, MessageDigest, SignatureContent,
    VerificationMaterialContent,
};

use crate::domain::clock::Timestamp;
use crate::domain::digest::Digest;
use crate::domain::evidence::code::RejectionCode;
use crate::domain::evidence::{KeyFacts, LogFacts, SignerFacts, SignerKind, TimeFacts, TimeSource};
use crate::domain::trust::{Authority, HashPolicy, LogDemand, SignatureHash, TimestampDemand};
use crate::evidence::verify::item::Item;
use crate::evidence::verify::key::{Match, Message, PublicKey};
use crate::evidence::verify::rejection::Rejection;
use crate::evidence::verify::root::Root;
use crate::evidence::verify::signer::Accepted;
use crate::evidence::verify::{entry, proof};

/// Verifies that `key` has signed, and what the authority asks for beside.
///
/// `root` is needed where the authority asks for a log entry or a timestamp.
pub(super) fn verify(
    item: &Item<'_>,
    authority: &Authority,
    key: &PublicKey,
    hash: HashPolicy,
    root: Option<&Root>,
    now: Timestamp,
) -> Result<Accepted, Rejection> {
    let scheme = signature(item, key, hash)?;
    let tlog = log(item, authority, key, &scheme, root, now)?;
    let stamps = stamps(item, authority, root)?;
    let stamps = stamps.into_iter().map(|time| TimeFacts { source: TimeSource::Tsa, time });
    let timestamps: Vec<_> = stamps.chain(proof::log_times(&tlog)).collect();
    check_times(&timestamps, authority.timestamp)?;
    Ok(Accepted::new(SignerFacts {
        kind: SignerKind::Key,
        key: Some(KeyFacts {
            name: authority.name.clone(),
            fingerprint: key.fingerprint(),
            algorithm: scheme.name,
        }),
        identity: None,
        tlog,
        timestamps,
        sct: false,
    }))
}

fn signature(item: &Item<'_>, key: &PublicKey, hash: HashPolicy) -> Result<Match, Rejection> {
    let signature = item.signature()?.as_bytes();
    let found = match (&item.bundle.content, item.payload) {
        (SignatureContent::DsseEnvelope(envelope), _) => {
            key.verify(Message::Bytes(&envelope.pae()), signature, hash)
        }
        (_, Some(payload)) => key.verify(Message::Bytes(payload), signature, hash),
        (_, None) => key.verify(Message::Digest(item.signed_digest), signature, hash),
    };
    found.ok_or_else(|| not_by(key, &item.bundle))
}

/// Why the signature is not the key's, as far as the item tells.
fn not_by(key: &PublicKey, bundle: &Bundle) -> Rejection {
    let VerificationMaterialContent::PublicKey(hint) = &bundle.verification_material.content else {
        let message = "it is signed with a certificate, and the authority is a key";
        return Rejection::new(RejectionCode::SignerNotWanted, message);
    };
    // cosign's hint is the digest of the key. It proves nothing, but tells another key from a broken signature.
    let named = STANDARD.decode(&hint.hint).ok().and_then(|named| named.try_into().ok());
    let named = named.map(Digest::from_bytes).filter(|named| *named != key.fingerprint());
    if let Some(named) = named {
        let message = format!("the bundle says that another key has signed it, `{named}`");
        return Rejection::new(RejectionCode::KeyMismatch, message);
    }
    Rejection::new(RejectionCode::SignatureInvalid, "the signature is not by this key")
}

fn log(
    item: &Item<'_>,
    authority: &Authority,
    key: &PublicKey,
    scheme: &Match,
    root: Option<&Root>,
    now: Timestamp,
) -> Result<LogFacts, Rejection> {
    let has_entries = !proof::entries(&item.bundle).is_empty();
    match authority.tlog {
        LogDemand::Ignored => return Ok(LogFacts::default()),
        LogDemand::Optional if !has_entries => return Ok(LogFacts::default()),
        LogDemand::Required if !has_entries => {
            return Err(proof::no_log_entry());
        }
        LogDemand::Required | LogDemand::Optional => {}
    }
    let root = root.ok_or_else(|| no_root(RejectionCode::LogEntryInvalid))?;
    proof::check_not_in_future(&item.bundle, now)?;
    if !entry::is_known_to_the_crate(item, scheme) {
        entry::check(item, key, root)?;
        return Ok(proof::log_facts(&item.bundle));
    }
    let bundle = with_message_digest(&item.bundle, item.payload, scheme.hash);
    let policy = PublicKeyVerificationPolicy::new(DerPublicKey::new(key.spki().to_vec()));
    root.verifier.verify(item.artifact()?, &bundle, &policy).map_err(as_log_fault)?;
    proof::check_log_names(&bundle, root)?;
    Ok(proof::log_facts(&bundle))
}

/// The crate chooses the digest of a message signature by the digest that the bundle names.
fn with_message_digest(bundle: &Bundle, payload: Option<&[u8]>, hash: SignatureHash) -> Bundle {
    let mut bundle = bundle.clone();
    if let (SignatureContent::MessageSignature(message), Some(payload)) =
        (&mut bundle.content, payload)
        && message.message_digest.is_none()
    {
        let (algorithm, name) = match hash {
            SignatureHash::Sha256 => (&digest::SHA256, HashAlgorithm::Sha2256),
            SignatureHash::Sha384 => (&digest::SHA384, HashAlgorithm::Sha2384),
            SignatureHash::Sha512 => (&digest::SHA512, HashAlgorithm::Sha2512),
        };
        let value = digest::digest(algorithm, payload);
        message.message_digest =
            Some(MessageDigest::new(name, DigestBytes::new(value.as_ref().to_vec())));
    }
    bundle
}

/// The signature itself was verified already, so whatever the crate refuses is about the log.
fn as_log_fault(error: sigstore_verify::Error) -> Rejection {
    let mut rejection = Rejection::from(error);
    if rejection.code <= RejectionCode::SignatureInvalid {
        rejection.code = RejectionCode::LogEntryInvalid;
    }
    rejection
}

fn stamps(
    item: &Item<'_>,
    authority: &Authority,
    root: Option<&Root>,
) -> Result<Vec<Timestamp>, Rejection> {
    if authority.timestamp == TimestampDemand::Nothing || !item.has_timestamp() {
        return Ok(Vec::new());
    }
    let root = root.ok_or_else(|| no_root(RejectionCode::TimestampInvalid))?;
    let signature = item.signature()?;
    let mut times = proof::timestamps(root, proof::tokens(&item.bundle), signature)?;
    times.extend(proof::envelope_times(item, root)?);
    Ok(times)
}

fn check_times(times: &[TimeFacts], demand: TimestampDemand) -> Result<(), Rejection> {
    let enough = match demand {
        TimestampDemand::Nothing => true,
        TimestampDemand::LogOrAuthority => !times.is_empty(),
        TimestampDemand::Authority => times.iter().any(|time| time.source == TimeSource::Tsa),
    };
    if enough { Ok(()) } else { Err(proof::no_timestamp()) }
}

fn no_root(code: RejectionCode) -> Rejection {
    Rejection::new(code, "the authority names no trust root to verify it with")
}
