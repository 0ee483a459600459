//! X.509 certificates as Go shows them. Source: OPA 1.x, `topdown/crypto.go`; Go's `crypto/x509`; RFC 5280.

mod chain;
mod constraint;
mod extension;
mod key;
mod name;
mod policy;
mod private;
mod request;

use std::sync::Arc;

use base64::Engine as _;
use num_bigint::BigInt;

use crate::domain::value::{Number, Object, Value};

use super::der::{BIT_STRING, Element, INTEGER, OID, Reader, SEQUENCE};
use super::encoding::{STANDARD, base64_bytes, illegal};
use super::operand::{Answer, failed, string};
use super::pem::next_block;
use super::signature::{Builtin, CallContext, Type, entry};
use super::text::charge;
use super::token::{PublicKey, public_key};

const KEY: Type = Type::Object(&Type::String, &Type::Any);
const CERTIFICATES: Type = Type::Array(&KEY);
const VERIFIED: Type = Type::Tuple(&[Type::Boolean, CERTIFICATES]);

pub(super) const BUILTINS: &[Builtin] = &[
    entry("crypto.x509.parse_certificates", &[Type::String], CERTIFICATES, parse_certificates),
    entry(
        "crypto.x509.parse_rsa_private_key",
        &[Type::String],
        KEY,
        private::parse_rsa_private_key,
    ),
    entry(
        "crypto.x509.parse_and_verify_certificates",
        &[Type::String],
        VERIFIED,
        chain::parse_and_verify,
    ),
    entry(
        "crypto.x509.parse_and_verify_certificates_with_options",
        &[Type::String, KEY],
        VERIFIED,
        chain::parse_and_verify_with_options,
    ),
    entry("crypto.x509.parse_certificate_request", &[Type::String], KEY, request::parse),
    entry("crypto.x509.parse_keypair", &[Type::String, Type::String], KEY, key::parse_keypair),
    entry("crypto.parse_private_keys", &[Type::String], CERTIFICATES, key::parse_private_keys),
];

/// Entries of a certificate's object.
type Entries = Vec<(Arc<str>, Value)>;

fn parse_certificates(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let text = string(arguments, 1)?;
    charge(text.len() * 8, context)?;
    let bytes = certificate_bytes(text).map_err(failed)?;
    Ok(Some(Value::array(certificates_of(&bytes).map_err(failed)?)))
}

/// Certificates that stand one after the other.
fn certificates_of(bytes: &[u8]) -> Result<Vec<Value>, String> {
    let mut reader = Reader::new(bytes);
    let mut certificates = Vec::new();
    while !reader.is_empty() {
        let certificate = reader.expect(SEQUENCE).and_then(shown);
        certificates.push(certificate.ok_or("x509: malformed certificate")??);
    }
    Ok(certificates)
}

/// A certificate without what OPA adds to it.
fn plain(certificate: &Value) -> Value {
    let entries = certificate.as_object().map(Object::entries).unwrap_or_default();
    Value::object(entries.iter().filter(|(key, _)| key.as_ref() != "URIStrings").cloned().collect())
}

fn object(entries: Vec<(&str, Value)>) -> Value {
    Value::object(entries.into_iter().map(|(key, value)| (Arc::from(key), value)).collect())
}

/// The certificates one after the other: from PEM, from base64 of PEM, or from base64 of DER.
fn certificate_bytes(text: &str) -> Result<Vec<u8>, String> {
    if text.starts_with("-----BEGIN") {
        return from_pem(text);
    }
    let bytes = base64_bytes(&STANDARD, text).ok_or_else(|| illegal(text, false))?;
    match str::from_utf8(&bytes) {
        Ok(text) if text.starts_with("-----BEGIN") => from_pem(text),
        _ => Ok(bytes),
    }
}

fn from_pem(text: &str) -> Result<Vec<u8>, String> {
    let (mut bytes, mut rest) = (Vec::new(), text);
    while let Some((block, after)) = next_block(rest) {
        if block.label != "CERTIFICATE" {
            return Err(format!("PEM block type is '{}', expected CERTIFICATE", block.label));
        }
        bytes.extend(block.bytes);
        rest = after;
    }
    Ok(bytes)
}

pub(super) fn base64_value(bytes: &[u8]) -> Value {
    Value::from(STANDARD.encode(bytes))
}

pub(super) fn numbers_value(numbers: &[u64]) -> Value {
    Value::array(numbers.iter().map(|number| Value::Number(Number::from(*number))).collect())
}

fn unsigned_value(bytes: &[u8]) -> Value {
    Value::Number(Number::from(BigInt::from_bytes_be(num_bigint::Sign::Plus, bytes)))
}

/// A certificate; an inner fault for what stands in it and is not shown here.
fn shown(certificate: Element<'_>) -> Option<Result<Value, String>> {
    let mut parts = certificate.inside();
    let body = parts.expect(SEQUENCE)?;
    let algorithm = parts.expect(SEQUENCE)?;
    let signature = parts.expect(BIT_STRING)?.bits()?;
    let mut fields = body.inside();
    let version = fields
        .optional(0xa0)
        .and_then(|version| version.inside().expect(INTEGER)?.content.first().copied());
    let serial = fields.expect(INTEGER)?;
    fields.expect(SEQUENCE)?;
    let issuer = fields.expect(SEQUENCE)?;
    let mut validity = fields.expect(SEQUENCE)?.inside();
    let (not_before, not_after) = (name::time(validity.next()?)?, name::time(validity.next()?)?);
    let subject = fields.expect(SEQUENCE)?;
    let key = fields.expect(SEQUENCE)?;
    let (key_algorithm, key_value) = key_shown(key);
    let mut entries: Entries = Vec::new();
    let mut add = |key: &str, value: Value| entries.push((Arc::from(key), value));
    add("Raw", base64_value(certificate.whole));
    add("RawTBSCertificate", base64_value(body.whole));
    add("RawSubjectPublicKeyInfo", base64_value(key.whole));
    add("RawSubject", base64_value(subject.whole));
    add("RawIssuer", base64_value(issuer.whole));
    add("Signature", base64_value(signature));
    add("SignatureAlgorithm", Value::from(signature_algorithm(algorithm)?));
    add("PublicKeyAlgorithm", Value::from(key_algorithm));
    add("PublicKey", key_value);
    add("Version", Value::from(i64::from(version.unwrap_or(0)) + 1));
    add("SerialNumber", Value::Number(Number::from(BigInt::from_signed_bytes_be(serial.content))));
    add("Issuer", name::shown(issuer)?);
    add("Subject", name::shown(subject)?);
    add("NotBefore", Value::from(not_before));
    add("NotAfter", Value::from(not_after));
    while let Some(unique_id) = fields.optional(0x81).or_else(|| fields.optional(0x82)) {
        let _ = unique_id;
    }
    let extensions = fields.optional(0xa3).map(|extensions| extensions.inside());
    let extended = match extensions {
        Some(mut extensions) => extension::shown(extensions.expect(SEQUENCE)?)?,
        None => extension::none(),
    };
    Some(extended.map(|extended| {
        entries.extend(extended);
        Value::object(entries)
    }))
}

/// Go's number for the kind of key, and the key.
fn key_shown(key: Element<'_>) -> (i64, Value) {
    match public_key(key) {
        Some(PublicKey::Rsa { n, e }) => {
            (1, object(vec![("N", unsigned_value(&n)), ("E", unsigned_value(&e))]))
        }
        Some(PublicKey::Ec { point, .. }) => {
            let coordinates = point.get(1..).unwrap_or_default();
            let (x, y) = coordinates.split_at_checked(coordinates.len() / 2).unwrap_or_default();
            let curve = Value::object(Vec::new());
            (3, object(vec![("Curve", curve), ("X", unsigned_value(x)), ("Y", unsigned_value(y))]))
        }
        Some(PublicKey::Ed25519(bytes)) => (4, base64_value(&bytes)),
        Some(PublicKey::Secret(_) | PublicKey::Other) | None => (0, Value::Null),
    }
}

/// Go's number for the algorithm; 0 is an unknown one.
fn signature_algorithm(algorithm: Element<'_>) -> Option<i64> {
    let mut parts = algorithm.inside();
    Some(match parts.expect(OID)?.numbers().as_slice() {
        [1, 2, 840, 113_549, 1, 1, 4] => 2,
        [1, 2, 840, 113_549, 1, 1, 5] => 3,
        [1, 2, 840, 113_549, 1, 1, 11] => 4,
        [1, 2, 840, 113_549, 1, 1, 12] => 5,
        [1, 2, 840, 113_549, 1, 1, 13] => 6,
        [1, 2, 840, 113_549, 1, 1, 10] => pss_algorithm(parts.next()?),
        [1, 2, 840, 10_045, 4, 1] => 9,
        [1, 2, 840, 10_045, 4, 3, 2] => 10,
        [1, 2, 840, 10_045, 4, 3, 3] => 11,
        [1, 2, 840, 10_045, 4, 3, 4] => 12,
        [1, 3, 101, 112] => 16,
        _ => 0,
    })
}

fn pss_algorithm(parameters: Element<'_>) -> i64 {
    let hash =
        || parameters.inside().optional(0xa0)?.inside().expect(SEQUENCE)?.inside().expect(OID);
    match hash().map(|hash| hash.numbers()).as_deref() {
        Some([2, 16, 840, 1, 101, 3, 4, 2, 1]) => 13,
        Some([2, 16, 840, 1, 101, 3, 4, 2, 2]) => 14,
        Some([2, 16, 840, 1, 101, 3, 4, 2, 3]) => 15,
        _ => 0,
    }
}
