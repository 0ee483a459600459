//! Log entries of signatures that the verifying crate does not verify: ECDSA on P-521, Ed25519ph, and envelopes signed with
//! another digest than the usual one of a key.
//!
//! Source: github.com/sigstore/rekor, `pkg/types`; github.com/sigstore/rekor-tiles, `api/proto`; RFC 6962, section 2.1.

use aws_lc_rs::digest::{self, Algorithm};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::SubjectPublicKeyInfoDer;
use rustls_pki_types::pem::PemObject as _;
use sigstore_verify::types::{
    KindVersion, Sha256Hash, SignatureBytes, SignatureContent, TransparencyLogEntry,
};

use crate::domain::evidence::code::RejectionCode;
use crate::domain::value::Value;
use crate::evidence::verify::item::Item;
use crate::evidence::verify::key::{Match, PublicKey};
use crate::evidence::verify::rejection::Rejection;
use crate::evidence::verify::root::Root;
use crate::evidence::verify::{json, proof};

/// Whether the verifying crate verifies entries about a signature of this scheme.
pub(super) fn is_known_to_the_crate(item: &Item<'_>, scheme: &Match) -> bool {
    let name = scheme.name.as_str();
    if name == "ed25519ph" || name.starts_with("ecdsa-p521") {
        return false;
    }
    let is_usual = matches!(name, "ecdsa-p256-sha256" | "ecdsa-p384-sha384" | "ed25519")
        || name.starts_with("rsa-") && name.ends_with("-sha256");
    is_usual || !matches!(item.bundle.content, SignatureContent::DsseEnvelope(_))
}

/// Refuses entries that no trusted log proves, and entries about anything but this signature by this key.
pub(super) fn check(item: &Item<'_>, key: &PublicKey, root: &Root) -> Result<(), Rejection> {
    proof::entries(&item.bundle).iter().try_for_each(|entry| {
        if entry.inclusion_proof.is_none() && entry.inclusion_promise.is_none() {
            return Err(refuse("nothing proves the entry"));
        }
        let log = Sha256Hash::try_from(entry.log_id.key_id.as_bytes())
            .map_err(|cause| refuse(&cause.to_string()))?;
        check_inclusion(entry, &log, root)?;
        check_promise(entry, &log, root)?;
        check_body(entry, item, key)
    })
}

/// The proof must lead from the entry to a checkpoint that the log named by the entry has signed.
fn check_inclusion(
    entry: &TransparencyLogEntry,
    log: &Sha256Hash,
    root: &Root,
) -> Result<(), Rejection> {
    let Some(proof) = &entry.inclusion_proof else { return Ok(()) };
    let checkpoint =
        proof.checkpoint.checkpoint().ok_or_else(|| refuse("there is no checkpoint"))?;
    // The second version of the log says these in its checkpoint alone.
    let is_second = entry.kind_version == KindVersion::HashedRekordV002;
    if !is_second && proof.root_hash != *checkpoint.root_hash() {
        return Err(refuse("the proof's root is not the checkpoint's"));
    }
    let index = if is_second { entry.log_index } else { proof.log_index };
    let leaf = sigstore_merkle::hash_leaf(entry.canonicalized_body.as_bytes());
    sigstore_merkle::verify_inclusion_proof(
        &leaf,
        index.get(),
        checkpoint.tree_size(),
        &proof.hashes,
        checkpoint.root_hash(),
    )
    .map_err(|cause| refuse(&format!("the proof of inclusion is wrong: {cause}")))?;
    // A line of a note names its key. Source: golang.org/x/mod/sumdb/note; both versions of the log write their id's start.
    let hint = log.as_bytes().get(..4);
    let own = checkpoint.signatures().iter();
    let mut own = own.filter(|signature| hint == Some(signature.key_id.as_bytes().as_slice()));
    let is_signed = own.any(|signature| {
        root.logs.verify_with_key_id(log, checkpoint.signed_data(), &signature.signature).is_ok()
    });
    if is_signed { Ok(()) } else { Err(refuse("no trusted log has signed the checkpoint")) }
}

/// The promise must be the log's own, over this entry and its time.
fn check_promise(
    entry: &TransparencyLogEntry,
    log: &Sha256Hash,
    root: &Root,
) -> Result<(), Rejection> {
    let Some(promise) = &entry.inclusion_promise else { return Ok(()) };
    let time = entry.integrated_time.ok_or_else(|| refuse("the promise has no time"))?;
    let key = root.logs.key_at(log, time).ok_or_else(|| {
        refuse("the log that the entry names is not trusted, or was not at that time")
    })?;
    // Canonical JSON, of which neither text needs an escape. Source: RFC 8785.
    let promised = format!(
        r#"{{"body":"{}","integratedTime":{},"logID":"{}","logIndex":{}}}"#,
        STANDARD.encode(entry.canonicalized_body.as_bytes()),
        time.as_second(),
        log.to_hex(),
        entry.log_index.get()
    );
    let signature = SignatureBytes::new(promise.signed_entry_timestamp.as_bytes().to_vec());
    key.verify(promised.as_bytes(), &signature)
        .map_err(|cause| refuse(&format!("the log's promise is wrong: {cause}")))
}

/// The entry must be about this signature, by this key, of these bytes.
fn check_body(
    entry: &TransparencyLogEntry,
    item: &Item<'_>,
    key: &PublicKey,
) -> Result<(), Rejection> {
    let body = json::read(entry.canonicalized_body.as_bytes(), "the log entry")?;
    let body = Body(&body);
    let kind = entry.kind_version;
    if body.text(&["kind"])? != kind.kind() || body.text(&["apiVersion"])? != kind.version() {
        return Err(refuse("the entry is of another kind than the bundle says"));
    }
    let signature = item.signature()?.as_bytes();
    match (kind, &item.bundle.content, item.payload) {
        (KindVersion::HashedRekordV001, SignatureContent::MessageSignature(_), Some(payload)) => {
            let hash = ["spec", "data", "hash"];
            let wanted = digest_of(body.text(&[&hash[..], &["algorithm"]].concat())?, payload)?;
            same(&hex(&wanted), body.text(&[&hash[..], &["value"]].concat())?, "digest")?;
            body.check_signature(&["spec", "signature", "content"], signature)?;
            body.check_pem(&["spec", "signature", "publicKey", "content"], key)
        }
        (KindVersion::HashedRekordV002, content, payload) => {
            let spec = ["spec", "hashedRekordV002"];
            let at = |rest: &[&'static str]| [&spec[..], rest].concat();
            let pae;
            let signed = match (content, payload) {
                (SignatureContent::DsseEnvelope(envelope), _) => {
                    pae = envelope.pae();
                    pae.as_slice()
                }
                (_, Some(payload)) => payload,
                (_, None) => return Err(refuse("what was signed is not at hand")),
            };
            let wanted = digest_of(body.text(&at(&["data", "algorithm"]))?, signed)?;
            same(&STANDARD.encode(wanted), body.text(&at(&["data", "digest"]))?, "digest")?;
            body.check_signature(&at(&["signature", "content"]), signature)?;
            let named = body.text(&at(&["signature", "verifier", "publicKey", "rawBytes"]))?;
            same(&STANDARD.encode(key.spki()), named, "key")
        }
        (KindVersion::DsseV001, SignatureContent::DsseEnvelope(envelope), _) => {
            let hash = ["spec", "payloadHash"];
            let algorithm = body.text(&[&hash[..], &["algorithm"]].concat())?;
            let wanted = digest_of(algorithm, envelope.payload.as_bytes())?;
            same(&hex(&wanted), body.text(&[&hash[..], &["value"]].concat())?, "digest")?;
            let signatures = body.0.at(&["spec", "signatures"]).and_then(Value::as_array);
            let Some([only]) = signatures else {
                return Err(refuse("the entry does not have exactly one signature"));
            };
            Body(only).check_signature(&["signature"], signature)?;
            Body(only).check_pem(&["verifier"], key)
        }
        (..) => Err(refuse("an entry of this kind says nothing of such a signature")),
    }
}

/// What the log keeps.
struct Body<'b>(&'b Value);

impl<'b> Body<'b> {
    fn text(&self, path: &[&str]) -> Result<&'b str, Rejection> {
        let text = self.0.at(path).and_then(Value::as_str);
        text.ok_or_else(|| refuse(&format!("the entry has no text `{}`", path.join("."))))
    }

    fn check_signature(&self, path: &[&str], signature: &[u8]) -> Result<(), Rejection> {
        same(&STANDARD.encode(signature), self.text(path)?, "signature")
    }

    fn check_pem(&self, path: &[&str], key: &PublicKey) -> Result<(), Rejection> {
        let pem = STANDARD.decode(self.text(path)?).map_err(|cause| refuse(&cause.to_string()))?;
        let named = SubjectPublicKeyInfoDer::from_pem_slice(&pem)
            .map_err(|cause| refuse(&format!("the entry's key is none: {cause}")))?;
        same(&STANDARD.encode(key.spki()), &STANDARD.encode(named.as_ref()), "key")
    }
}

fn digest_of(algorithm: &str, bytes: &[u8]) -> Result<Vec<u8>, Rejection> {
    let algorithm: &Algorithm = match algorithm {
        "sha256" | "SHA2_256" => &digest::SHA256,
        "sha384" | "SHA2_384" => &digest::SHA384,
        "sha512" | "SHA2_512" => &digest::SHA512,
        other => return Err(refuse(&format!("the digest `{other}` is not known"))),
    };
    Ok(digest::digest(algorithm, bytes).as_ref().to_vec())
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

fn same(ours: &str, logged: &str, what: &str) -> Result<(), Rejection> {
    if ours == logged {
        return Ok(());
    }
    Err(refuse(&format!("the entry is about another {what}")))
}

fn refuse(message: &str) -> Rejection {
    Rejection::new(RejectionCode::LogEntryInvalid, message)
}
