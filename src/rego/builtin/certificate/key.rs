//! Private keys as Go shows them, and pairs of certificates and keys.
//!
//! Source: OPA 1.x, `topdown/crypto.go`; RFC 5208, 5915, 8017, 8032.

use std::sync::Arc;

use aws_lc_rs::agreement::{self, PrivateKey};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};

use crate::domain::value::Value;

use super::super::der::{INTEGER, OCTET_STRING, OID, Reader, SEQUENCE};
use super::super::encoding::{STANDARD, base64_bytes, illegal, text_of};
use super::super::operand::{Answer, answer, failed, string};
use super::super::pem::next_block;
use super::super::signature::CallContext;
use super::super::text::charge;
use super::{base64_value, certificates_of, object, plain, unsigned_value};

/// What computing a public key costs, in steps.
const KEY_STEPS: u64 = 2_000;

/// Why a text is no key.
const NO_KEY: &str = "x509: failed to parse private key";

pub(super) fn parse_private_keys(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let text = string(arguments, 1)?;
    charge(text.len() * 8, context)?;
    if text.is_empty() {
        return answer(Value::Null);
    }
    let decoded = base64_bytes(&STANDARD, text).map(|bytes| text_of(&bytes));
    let mut rest: &str = decoded.as_deref().unwrap_or(text);
    let mut keys = Vec::new();
    while let Some((block, after)) = next_block(rest) {
        rest = after;
        context.budget.charge(KEY_STEPS)?;
        let key = match block.label.as_str() {
            "RSA PRIVATE KEY" => rsa(&block.bytes),
            "PRIVATE KEY" => wrapped(&block.bytes),
            "EC PRIVATE KEY" => elliptic(&block.bytes, None),
            _ => continue,
        };
        keys.push(key.ok_or_else(|| failed(NO_KEY))?.shown);
    }
    answer(Value::array(keys))
}

pub(super) fn parse_keypair(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let certificate = string(arguments, 1)?;
    // OPA calls the second operand the first one as well.
    let key = string(arguments.get(1..).unwrap_or_default(), 1)?;
    charge((certificate.len() + key.len()) * 8, context)?;
    context.budget.charge(KEY_STEPS)?;
    let certificate = pem_or_bytes(certificate)?;
    let blocks = |text: &str, wanted: &dyn Fn(&str) -> bool| {
        let (mut found, mut rest) = (Vec::new(), text);
        while let Some((block, after)) = next_block(rest) {
            rest = after;
            if wanted(&block.label) {
                found.push(block.bytes);
            }
        }
        found
    };
    let chain = match &certificate {
        Ok(text) => blocks(text, &|label| label == "CERTIFICATE"),
        Err(bytes) => vec![bytes.clone()],
    };
    let first = chain
        .first()
        .ok_or_else(|| failed("tls: failed to find any PEM data in certificate input"))?;
    let leaf = certificates_of(first).map_err(failed)?;
    let leaf = leaf.first().ok_or_else(|| failed("x509: malformed certificate"))?;
    let bytes = match pem_or_bytes(key)? {
        Ok(text) => blocks(&text, &|label| label.ends_with("PRIVATE KEY")).into_iter().next(),
        Err(bytes) => Some(bytes),
    };
    let bytes = bytes.ok_or_else(|| failed("tls: failed to find any PEM data in key input"))?;
    let key = rsa(&bytes).or_else(|| wrapped(&bytes)).or_else(|| elliptic(&bytes, None));
    let key = key.ok_or_else(|| failed("tls: failed to parse private key"))?;
    if leaf.get("PublicKeyAlgorithm") != Some(&Value::from(key.algorithm)) {
        return Err(failed("tls: private key type does not match public key type"));
    }
    if leaf.get("PublicKey") != Some(&key.public) {
        return Err(failed("tls: private key does not match public key"));
    }
    let raw = chain.iter().map(|bytes| base64_value(bytes)).collect();
    answer(object(vec![
        ("Certificate", Value::array(raw)),
        ("PrivateKey", key.shown),
        ("SupportedSignatureAlgorithms", Value::Null),
        ("OCSPStaple", Value::Null),
        ("SignedCertificateTimestamps", Value::Null),
        ("Leaf", plain(leaf)),
    ]))
}

/// PEM as it is or in base64, or else bytes in base64.
fn pem_or_bytes(
    text: &str,
) -> Result<Result<String, Vec<u8>>, super::super::signature::BuiltinError> {
    const BEGIN: &str = "-----BEGIN ";
    if text.starts_with(BEGIN) {
        return Ok(Ok(text.to_owned()));
    }
    let bytes = base64_bytes(&STANDARD, text).ok_or_else(|| failed(illegal(text, false)))?;
    Ok(match str::from_utf8(&bytes) {
        Ok(text) if text.starts_with(BEGIN) => Ok(text.to_owned()),
        _ => Err(bytes),
    })
}

/// A key with what Go shows of it, and the key that belongs to it in public.
struct Key {
    /// Go's number for the kind of key.
    algorithm: i64,
    shown: Value,
    public: Value,
}

/// RFC 8017, A.1.2.
fn rsa(bytes: &[u8]) -> Option<Key> {
    let mut numbers = Reader::new(bytes).expect(SEQUENCE)?.inside();
    numbers.expect(INTEGER)?;
    let mut next = || Some(unsigned_value(numbers.expect(INTEGER)?.magnitude()));
    let (modulus, exponent, private) = (next()?, next()?, next()?);
    let primes = vec![next()?, next()?];
    let [dp, dq, qi] = [next()?, next()?, next()?];
    let precomputed =
        object(vec![("CRTValues", Value::array(Vec::new())), ("Dp", dp), ("Dq", dq), ("Qinv", qi)]);
    let public = object(vec![("N", modulus.clone()), ("E", exponent.clone())]);
    let shown = object(vec![
        ("N", modulus),
        ("E", exponent),
        ("D", private),
        ("Primes", Value::array(primes)),
        ("Precomputed", precomputed),
    ]);
    Some(Key { algorithm: 1, shown, public })
}

/// A key of any kind: RFC 5208.
fn wrapped(bytes: &[u8]) -> Option<Key> {
    let mut parts = Reader::new(bytes).expect(SEQUENCE)?.inside();
    parts.expect(INTEGER)?;
    let mut algorithm = parts.expect(SEQUENCE)?.inside();
    let kind = algorithm.expect(OID)?.numbers();
    let key = parts.expect(OCTET_STRING)?.content;
    match kind.as_slice() {
        [1, 2, 840, 113_549, 1, 1, 1] => rsa(key),
        [1, 2, 840, 10_045, 2, 1] => elliptic(key, Some(algorithm.expect(OID)?.numbers())),
        [1, 3, 101, 112] => {
            let seed = Reader::new(key).expect(OCTET_STRING)?.content;
            let pair = Ed25519KeyPair::from_seed_unchecked(seed).ok()?;
            let public = pair.public_key().as_ref();
            let shown = base64_value(&[seed, public].concat());
            Some(Key { algorithm: 4, shown, public: base64_value(public) })
        }
        _ => None,
    }
}

/// RFC 5915; the curve stands in the key unless it stands around it.
fn elliptic(bytes: &[u8], curve: Option<Vec<u64>>) -> Option<Key> {
    let mut parts = Reader::new(bytes).expect(SEQUENCE)?.inside();
    parts.expect(INTEGER)?;
    let scalar = parts.expect(OCTET_STRING)?.content;
    let own = parts.optional(0xa0).and_then(|own| Some(own.inside().expect(OID)?.numbers()));
    let (curve, n_bytes) = match curve.or(own)?.as_slice() {
        [1, 2, 840, 10_045, 3, 1, 7] => (&agreement::ECDH_P256, 32),
        [1, 3, 132, 0, 34] => (&agreement::ECDH_P384, 48),
        [1, 3, 132, 0, 35] => (&agreement::ECDH_P521, 66),
        _ => return None,
    };
    let missing = std::iter::repeat_n(0, usize::checked_sub(n_bytes, scalar.len())?);
    let padded: Vec<u8> = missing.chain(scalar.iter().copied()).collect();
    let public = PrivateKey::from_private_key(curve, &padded).ok()?.compute_public_key().ok()?;
    let point = public.as_ref().get(1..)?;
    let (x, y) = point.split_at_checked(n_bytes)?;
    let coordinates = || {
        vec![
            ("Curve", Value::object(Vec::<(Arc<str>, Value)>::new())),
            ("X", unsigned_value(x)),
            ("Y", unsigned_value(y)),
        ]
    };
    let mut shown = coordinates();
    shown.push(("D", unsigned_value(scalar)));
    Some(Key { algorithm: 3, shown: object(shown), public: object(coordinates()) })
}
