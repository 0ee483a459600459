//! What cosign wrote into annotations before there were bundles, as the parts of a bundle.
//!
//! Source: github.com/sigstore/cosign, `specs/SIGNATURE_SPEC.md`.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::json;
use sigstore_verify::types::{
    DerCertificate, MediaType, PublicKeyIdentifier, Rfc3161Timestamp, Sha256Hash, SignatureBytes,
    TimestampToken, TimestampVerificationData, TransparencyLogEntry, VerificationMaterial,
    VerificationMaterialContent, X509Certificate,
};

use crate::domain::evidence::code::RejectionCode;
use crate::domain::value::Value;
use crate::evidence::verify::json;
use crate::evidence::verify::rejection::Rejection;

const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
const CERTIFICATE: &str = "dev.sigstore.cosign/certificate";
const CHAIN: &str = "dev.sigstore.cosign/chain";
const LOG_ENTRY: &str = "dev.sigstore.cosign/bundle";
const TIMESTAMP: &str = "dev.sigstore.cosign/rfc3161timestamp";
/// A leaf, two intermediates and a root.
const MAX_CERTIFICATES: usize = 4;

type Annotations = BTreeMap<String, String>;

/// The signature of a simple signing payload.
pub(super) fn signature(annotations: &Annotations) -> Result<SignatureBytes, Rejection> {
    let Some(text) = filled(annotations, SIGNATURE) else {
        let message = format!("the layer has no annotation `{SIGNATURE}`");
        return Err(Rejection::new(RejectionCode::SignatureMissing, message));
    };
    Ok(SignatureBytes::new(decoded(text, SIGNATURE)?))
}

/// The certificates, the log entry and the timestamp that stand in annotations.
#[derive(Debug)]
pub(super) struct Evidence {
    pub(super) material: VerificationMaterial,
    /// The version whose rules the material keeps: the first one needs a log entry's promise.
    pub(super) media_type: MediaType,
    /// A timestamp, apart from the material: under `.att` tags it is over the envelope and not over the signature.
    pub(super) timestamp: Option<TimestampToken>,
}

/// Reads the evidence that stands in annotations.
pub(super) fn evidence(annotations: &Annotations) -> Result<Evidence, Rejection> {
    let content = match filled(annotations, CERTIFICATE) {
        Some(leaf) => certificates(leaf, filled(annotations, CHAIN))?,
        None => VerificationMaterialContent::PublicKey(PublicKeyIdentifier::new("")),
    };
    let entries: Vec<_> =
        filled(annotations, LOG_ENTRY).map(log_entry).transpose()?.into_iter().collect();
    let media_type = if entries.is_empty() { MediaType::Bundle0_2 } else { MediaType::Bundle0_1 };
    Ok(Evidence {
        material: VerificationMaterial::new(content).with_tlog_entries(entries),
        media_type,
        timestamp: filled(annotations, TIMESTAMP).map(timestamp).transpose()?,
    })
}

impl Evidence {
    /// The material, with the timestamp as one over the signature.
    pub(super) fn with_timestamp(self) -> VerificationMaterial {
        let stamps = self.timestamp.into_iter().map(Rfc3161Timestamp::new).collect();
        self.material.with_timestamp_verification_data(TimestampVerificationData::new(stamps))
    }
}

fn certificates(leaf: &str, chain: Option<&str>) -> Result<VerificationMaterialContent, Rejection> {
    let unreadable = |message: String| Rejection::new(RejectionCode::Unreadable, message);
    let mut certificates = Vec::new();
    for (text, name) in [(Some(leaf), CERTIFICATE), (chain, CHAIN)] {
        for certificate in CertificateDer::pem_slice_iter(text.unwrap_or_default().as_bytes()) {
            let certificate = certificate.map_err(|cause| {
                unreadable(format!("the annotation `{name}` is no certificate in PEM: {cause}"))
            })?;
            certificates.push(X509Certificate::new(DerCertificate::new(certificate.to_vec())));
        }
        if certificates.is_empty() {
            return Err(unreadable(format!("the annotation `{name}` is no certificate in PEM")));
        }
    }
    if certificates.len() > MAX_CERTIFICATES {
        let message = format!("the chain has more than {MAX_CERTIFICATES} certificates");
        return Err(Rejection::new(RejectionCode::CertificateInvalid, message));
    }
    Ok(VerificationMaterialContent::X509CertificateChain { certificates })
}

/// The answer of Rekor v1, as cosign kept it.
fn log_entry(text: &str) -> Result<TransparencyLogEntry, Rejection> {
    let what = "the log entry in the annotations";
    let malformed = |message: String| {
        Rejection::new(RejectionCode::LogEntryInvalid, format!("{what}: {message}"))
    };
    let value = json::read(text.as_bytes(), what)?;
    let promise = json::text(&value, &["SignedEntryTimestamp"], what)?;
    let body = json::text(&value, &["Payload", "body"], what)?;
    let log = Sha256Hash::from_hex(json::text(&value, &["Payload", "logID"], what)?)
        .map_err(|cause| malformed(cause.to_string()))?;
    let number = |name: &str| {
        value
            .at(&["Payload", name])
            .and_then(Value::as_i64)
            .ok_or_else(|| malformed(format!("it has no number `Payload.{name}`")))
    };
    let entry = json::read(&decoded(body, LOG_ENTRY)?, "the body of the log entry")?;
    let entry_text = |name: &str| json::text(&entry, &[name], "the body of the log entry");
    serde_json::from_value(json!({
        "logIndex": number("logIndex")?,
        "logId": { "keyId": log.to_base64() },
        "kindVersion": { "kind": entry_text("kind")?, "version": entry_text("apiVersion")? },
        "integratedTime": number("integratedTime")?,
        "inclusionPromise": { "signedEntryTimestamp": promise },
        "canonicalizedBody": body,
    }))
    .map_err(|cause| malformed(cause.to_string()))
}

fn timestamp(text: &str) -> Result<TimestampToken, Rejection> {
    let what = "the timestamp in the annotations";
    let value = json::read(text.as_bytes(), what)?;
    let token = json::text(&value, &["SignedRFC3161Timestamp"], what)?;
    Ok(TimestampToken::new(decoded(token, TIMESTAMP)?))
}

fn decoded(text: &str, name: &str) -> Result<Vec<u8>, Rejection> {
    STANDARD.decode(text).map_err(|cause| {
        let message = format!("the annotation `{name}` is not base64: {cause}");
        Rejection::new(RejectionCode::Unreadable, message)
    })
}

/// cosign writes annotations that have nothing to say with an empty text.
fn filled<'a>(annotations: &'a Annotations, name: &str) -> Option<&'a str> {
    annotations.get(name).map(String::as_str).filter(|text| !text.is_empty())
}
