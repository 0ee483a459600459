//! Tokens signed with a JSON Web Key.

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{self, EcdsaKeyPair, Ed25519KeyPair, RsaKeyPair};
use base64::Engine as _;

use crate::domain::value::Value;

use super::super::encoding::URL_BARE;
use super::super::json::{json_text, parsed};
use super::super::operand::{Answer, answer, any, failed, string};
use super::super::signature::{BuiltinError, CallContext};
use super::super::text::charge;
use super::SIGNATURE_STEPS;
use super::algorithm::{Algorithm, Hash, Kind};
use super::key::{Curve, member, point};

pub(super) fn encode(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let [header, payload] = [any(arguments, 1)?, any(arguments, 2)?].map(json_text);
    signed(&header, &payload, any(arguments, 3)?, context)
}

pub(super) fn encode_raw(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let key = string(arguments, 3)?;
    let (header, payload) = (string(arguments, 1)?, string(arguments, 2)?);
    let key =
        parsed(key).map_err(|error| failed(format!("failed to parse a JWK key (set): {error}")))?;
    signed(header, payload, &key, context)
}

fn signed(header: &str, payload: &str, key: &Value, context: &mut CallContext<'_>) -> Answer {
    charge(2 * (header.len() + payload.len()), context)?;
    context.budget.charge(SIGNATURE_STEPS)?;
    let key = match key.get("keys") {
        Some(Value::Array(keys)) => {
            keys.first().ok_or_else(|| failed("no keys found in JWK set"))?
        }
        _ => key,
    };
    if key.get("kty").is_none() {
        return Err(failed("failed to parse a JWK key: it has no `kty`"));
    }
    let header_value = parsed(header).map_err(failed)?;
    let name = header_value.get("alg").and_then(Value::as_str);
    let name = name.ok_or_else(|| failed("missing or invalid 'alg' header"))?;
    let algorithm =
        Algorithm::parse(name).ok_or_else(|| failed(format!("unknown JWS algorithm: {name}")))?;
    let kind = header_value.get("typ").and_then(Value::as_str).unwrap_or("JWT");
    if kind == "JWT" && parsed(payload).is_err() {
        return Err(failed("type is JWT but payload is not JSON"));
    }
    let message = format!("{}.{}", URL_BARE.encode(header), URL_BARE.encode(payload));
    let signature = signature_of(key, algorithm, message.as_bytes())?;
    answer(format!("{message}.{}", URL_BARE.encode(signature)))
}

fn signature_of(
    key: &Value,
    algorithm: Algorithm,
    message: &[u8],
) -> Result<Vec<u8>, BuiltinError> {
    let made = match algorithm.kind {
        Kind::Hmac => secret_signature(key, algorithm, message),
        Kind::Rsa | Kind::RsaPss => rsa_signature(key, algorithm, message),
        Kind::Ecdsa => curve_signature(key, algorithm, message),
        Kind::EdDsa => {
            let pair = member(key, "d").zip(member(key, "x"));
            let pair = pair.and_then(|(seed, point)| {
                Ed25519KeyPair::from_seed_and_public_key(&seed, &point).ok()
            });
            pair.map(|pair| pair.sign(message).as_ref().to_vec())
        }
    };
    made.ok_or_else(|| failed("the key cannot sign with this algorithm"))
}

fn secret_signature(key: &Value, algorithm: Algorithm, message: &[u8]) -> Option<Vec<u8>> {
    let key = hmac::Key::new(algorithm.hmac(), &member(key, "k")?);
    Some(hmac::sign(&key, message).as_ref().to_vec())
}

fn rsa_signature(key: &Value, algorithm: Algorithm, message: &[u8]) -> Option<Vec<u8>> {
    let part = |name| member(key, name);
    let components = rsa::KeyPairComponents {
        public_key: rsa::PublicKeyComponents { n: part("n")?, e: part("e")? },
        d: part("d")?,
        p: part("p")?,
        q: part("q")?,
        dP: part("dp")?,
        dQ: part("dq")?,
        qInv: part("qi")?,
    };
    let pair = RsaKeyPair::from_components(&components).ok()?;
    let encoding: &dyn signature::RsaEncoding = match (algorithm.kind, algorithm.hash) {
        (Kind::RsaPss, Hash::Sha256) => &signature::RSA_PSS_SHA256,
        (Kind::RsaPss, Hash::Sha384) => &signature::RSA_PSS_SHA384,
        (Kind::RsaPss, Hash::Sha512) => &signature::RSA_PSS_SHA512,
        (_, Hash::Sha256) => &signature::RSA_PKCS1_SHA256,
        (_, Hash::Sha384) => &signature::RSA_PKCS1_SHA384,
        (_, Hash::Sha512) => &signature::RSA_PKCS1_SHA512,
    };
    let mut made = vec![0; pair.public_modulus_len()];
    pair.sign(encoding, &SystemRandom::new(), message, &mut made).ok()?;
    Some(made)
}

fn curve_signature(key: &Value, algorithm: Algorithm, message: &[u8]) -> Option<Vec<u8>> {
    let curve = Curve::parse(key.get("crv")?.as_str()?)?;
    let signing = match (curve, algorithm.hash) {
        (Curve::P256, Hash::Sha256) => &signature::ECDSA_P256_SHA256_FIXED_SIGNING,
        (Curve::P384, Hash::Sha384) => &signature::ECDSA_P384_SHA384_FIXED_SIGNING,
        (Curve::P521, Hash::Sha512) => &signature::ECDSA_P521_SHA512_FIXED_SIGNING,
        _ => return None,
    };
    let (private, public) = (member(key, "d")?, point(key, curve)?);
    let pair = EcdsaKeyPair::from_private_key_and_public_key(signing, &private, &public).ok()?;
    Some(pair.sign(&SystemRandom::new(), message).ok()?.as_ref().to_vec())
}
