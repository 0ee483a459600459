//! Keys that check signatures: a certificate or a public key in PEM, or a JSON Web Key (set).

use crate::domain::value::Value;

use super::super::der::{BIT_STRING, Element, INTEGER, OID, Reader, SEQUENCE};
use super::super::encoding::{URL_BARE, base64_bytes};
use super::super::json::parsed;
use super::super::pem::next_block;
use super::algorithm::Algorithm;

/// The curves of ECDSA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    pub(super) fn parse(name: &str) -> Option<Self> {
        match name {
            "P-256" => Some(Self::P256),
            "P-384" => Some(Self::P384),
            "P-521" => Some(Self::P521),
            _ => None,
        }
    }

    /// Bytes of a coordinate.
    pub(super) fn n_bytes(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }
}

/// A key that checks signatures.
#[derive(Clone)]
pub(in super::super) enum PublicKey {
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    Ec {
        curve: Curve,
        point: Vec<u8>,
    },
    Ed25519(Vec<u8>),
    Secret(Vec<u8>),
    /// A private key, with which OPA checks nothing.
    Other,
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PublicKey(<redacted>)")
    }
}

/// A key, and which tokens it is for.
#[derive(Clone, Debug)]
pub(super) struct VerificationKey {
    pub(super) algorithm: String,
    pub(super) id: String,
    pub(super) key: PublicKey,
}

/// Reads the keys of a text.
pub(super) fn parse_all(text: &str) -> Result<Vec<VerificationKey>, String> {
    let Some((block, rest)) = next_block(text) else { return web_keys(text) };
    if !rest.is_empty() {
        return Err("extra data after a PEM certificate block".to_owned());
    }
    let key = match block.label.as_str() {
        "CERTIFICATE" => certificate_key(&block.bytes)
            .ok_or("failed to parse a PEM certificate: x509: malformed certificate")?,
        "PUBLIC KEY" => Reader::new(&block.bytes)
            .expect(SEQUENCE)
            .and_then(public_key)
            .ok_or("failed to parse a PEM public key: asn1: structure error")?,
        _ => return Err("failed to extract a Key from the PEM certificate".to_owned()),
    };
    Ok(vec![VerificationKey { algorithm: String::new(), id: String::new(), key }])
}

fn certificate_key(bytes: &[u8]) -> Option<PublicKey> {
    let mut body = Reader::new(bytes).expect(SEQUENCE)?.inside().expect(SEQUENCE)?.inside();
    body.optional(0xa0);
    body.expect(INTEGER)?;
    // Algorithm, issuer, validity and subject stand before the key.
    for _ in 0..4 {
        body.expect(SEQUENCE)?;
    }
    public_key(body.expect(SEQUENCE)?)
}

/// A `SubjectPublicKeyInfo`.
pub(in super::super) fn public_key(info: Element<'_>) -> Option<PublicKey> {
    let mut info = info.inside();
    let mut algorithm = info.expect(SEQUENCE)?.inside();
    let name = algorithm.expect(OID)?.numbers();
    let bits = info.expect(BIT_STRING)?.bits()?;
    Some(match name.as_slice() {
        [1, 2, 840, 113_549, 1, 1, 1] => {
            let mut numbers = Reader::new(bits).expect(SEQUENCE)?.inside();
            let (n, e) = (numbers.expect(INTEGER)?, numbers.expect(INTEGER)?);
            PublicKey::Rsa { n: n.magnitude().to_vec(), e: e.magnitude().to_vec() }
        }
        [1, 2, 840, 10_045, 2, 1] => {
            let curve = match algorithm.expect(OID)?.numbers().as_slice() {
                [1, 2, 840, 10_045, 3, 1, 7] => Curve::P256,
                [1, 3, 132, 0, 34] => Curve::P384,
                [1, 3, 132, 0, 35] => Curve::P521,
                _ => return None,
            };
            PublicKey::Ec { curve, point: bits.to_vec() }
        }
        [1, 3, 101, 112] => PublicKey::Ed25519(bits.to_vec()),
        _ => return None,
    })
}

fn web_keys(text: &str) -> Result<Vec<VerificationKey>, String> {
    let failed = |what: &str| format!("failed to parse a JWK key (set): {what}");
    let value = parsed(text).map_err(|error| failed(&error))?;
    let keys = match value.get("keys") {
        Some(Value::Array(keys)) => keys.to_vec(),
        Some(_) => return Err(failed("`keys` must be a list")),
        None => vec![value],
    };
    let mut found = Vec::new();
    for key in &keys {
        let text =
            |name: &str| key.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let public = web_key(key).ok_or_else(|| failed("invalid key"))?;
        let algorithm = text("alg");
        if algorithm.is_empty() || Algorithm::parse(&algorithm).is_some() {
            found.push(VerificationKey { algorithm, id: text("kid"), key: public });
        }
    }
    Ok(found)
}

/// Bytes of a member of a web key.
pub(super) fn member(key: &Value, name: &str) -> Option<Vec<u8>> {
    base64_bytes(&URL_BARE, key.get(name)?.as_str()?.trim_end_matches('='))
}

fn web_key(key: &Value) -> Option<PublicKey> {
    let is_private = key.get("d").is_some();
    let public = match key.get("kty")?.as_str()? {
        "RSA" => PublicKey::Rsa { n: member(key, "n")?, e: member(key, "e")? },
        "EC" => {
            let curve = Curve::parse(key.get("crv")?.as_str()?)?;
            PublicKey::Ec { curve, point: point(key, curve)? }
        }
        "OKP" => match key.get("crv")?.as_str()? {
            "Ed25519" => PublicKey::Ed25519(member(key, "x")?),
            _ => return None,
        },
        "oct" => return member(key, "k").map(PublicKey::Secret),
        _ => return None,
    };
    Some(if is_private { PublicKey::Other } else { public })
}

/// The point of a web key on its curve, uncompressed.
pub(super) fn point(key: &Value, curve: Curve) -> Option<Vec<u8>> {
    let mut point = vec![4];
    for name in ["x", "y"] {
        let coordinate = member(key, name)?;
        let missing = curve.n_bytes().checked_sub(coordinate.len())?;
        point.extend(std::iter::repeat_n(0, missing));
        point.extend(coordinate);
    }
    Some(point)
}
