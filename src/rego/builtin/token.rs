//! JSON Web Tokens. Source: OPA 1.x, `topdown/tokens.go`; RFC 7515, 7517, 7519.

mod algorithm;
mod constraint;
mod key;
mod sign;

use std::sync::Arc;

use crate::domain::value::Value;

use super::encoding::{base64url_bytes, hexadecimal, text_of};
use super::json::parsed;
use super::operand::{Answer, answer, any, failed, string, type_error};
use super::signature::{Builtin, BuiltinError, CallContext, Type, entry};
use super::text::charge;

use algorithm::{Algorithm, verified};
use key::VerificationKey;
pub(super) use key::{Curve, PublicKey, public_key};

const TWO: &[Type] = &[Type::String, Type::String];
const OBJECT: Type = Type::Object(&Type::Any, &Type::Any);
const STRING_OBJECT: Type = Type::Object(&Type::String, &Type::Any);
const DECODED: Type = Type::Tuple(&[OBJECT, OBJECT, Type::String]);
const VERIFIED: Type = Type::Tuple(&[Type::Boolean, OBJECT, OBJECT]);

macro_rules! verifier {
    ($name:ident, $algorithm:literal) => {
        fn $name(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
            is_signed(arguments, $algorithm, context)
        }
    };
}

verifier!(rs256, "RS256");
verifier!(rs384, "RS384");
verifier!(rs512, "RS512");
verifier!(ps256, "PS256");
verifier!(ps384, "PS384");
verifier!(ps512, "PS512");
verifier!(es256, "ES256");
verifier!(es384, "ES384");
verifier!(es512, "ES512");
verifier!(eddsa, "EdDSA");
verifier!(hs256, "HS256");
verifier!(hs384, "HS384");
verifier!(hs512, "HS512");

pub(super) const BUILTINS: &[Builtin] = &[
    entry("io.jwt.decode", &[Type::String], DECODED, decode),
    Builtin {
        deterministic: false,
        ..entry("io.jwt.decode_verify", &[Type::String, STRING_OBJECT], VERIFIED, decode_verify)
    },
    entry("io.jwt.verify_rs256", TWO, Type::Boolean, rs256),
    entry("io.jwt.verify_rs384", TWO, Type::Boolean, rs384),
    entry("io.jwt.verify_rs512", TWO, Type::Boolean, rs512),
    entry("io.jwt.verify_ps256", TWO, Type::Boolean, ps256),
    entry("io.jwt.verify_ps384", TWO, Type::Boolean, ps384),
    entry("io.jwt.verify_ps512", TWO, Type::Boolean, ps512),
    entry("io.jwt.verify_es256", TWO, Type::Boolean, es256),
    entry("io.jwt.verify_es384", TWO, Type::Boolean, es384),
    entry("io.jwt.verify_es512", TWO, Type::Boolean, es512),
    entry("io.jwt.verify_eddsa", TWO, Type::Boolean, eddsa),
    entry("io.jwt.verify_hs256", TWO, Type::Boolean, hs256),
    entry("io.jwt.verify_hs384", TWO, Type::Boolean, hs384),
    entry("io.jwt.verify_hs512", TWO, Type::Boolean, hs512),
    Builtin {
        deterministic: false,
        ..entry(
            "io.jwt.encode_sign",
            &[STRING_OBJECT, STRING_OBJECT, STRING_OBJECT],
            Type::String,
            sign::encode,
        )
    },
    Builtin {
        deterministic: false,
        ..entry(
            "io.jwt.encode_sign_raw",
            &[Type::String, Type::String, Type::String],
            Type::String,
            sign::encode_raw,
        )
    },
];

/// Work that a signature costs, in steps.
const SIGNATURE_STEPS: u64 = 2_000;

/// The three parts of a token.
struct Token<'t> {
    header: &'t str,
    payload: &'t str,
    signature: &'t str,
}

impl<'t> Token<'t> {
    fn parse(text: &'t str) -> Result<Self, BuiltinError> {
        if !text.contains('.') {
            return Err(failed("encoded JWT had no period separators"));
        }
        let parts: Vec<&str> = text.split('.').collect();
        let [header, payload, signature] = parts.as_slice() else {
            return Err(failed(format!("encoded JWT must have 3 sections, found {}", parts.len())));
        };
        Ok(Self { header, payload, signature })
    }

    fn header(&self) -> Result<Value, BuiltinError> {
        let bytes = base64url_bytes(self.header)
            .map_err(|error| prefixed("JWT header had invalid encoding", &error))?;
        let header =
            object_of(&bytes).map_err(|error| failed(format!("bad JWT header: {error}")))?;
        if header.get("enc").is_some() {
            return Err(failed("JWT is a JWE object, which is not supported"));
        }
        Ok(header)
    }

    fn payload_bytes(&self) -> Result<Vec<u8>, BuiltinError> {
        base64url_bytes(self.payload)
            .map_err(|error| prefixed("JWT payload had invalid encoding", &error))
    }

    fn signed(&self) -> String {
        format!("{}.{}", self.header, self.payload)
    }
}

fn prefixed(what: &str, error: &BuiltinError) -> BuiltinError {
    let cause = match error {
        BuiltinError::Type(text) | BuiltinError::Failed(text) => text.clone(),
        BuiltinError::Exhausted(exhausted) => return BuiltinError::Exhausted(*exhausted),
    };
    failed(format!("{what}: {cause}"))
}

/// The JSON object that bytes write.
fn object_of(bytes: &[u8]) -> Result<Value, String> {
    let value = parsed(&text_of(bytes)).map_err(|error| format!("invalid JSON: {error}"))?;
    if value.is_object() {
        Ok(value)
    } else {
        Err("decoded JSON type was not an Object".to_owned())
    }
}

/// Tokens inside of tokens.
const MAX_NESTING: usize = 10;

fn decode(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let mut text = string(arguments, 1)?.to_string();
    charge(text.len() * 2, context)?;
    for _ in 0..MAX_NESTING {
        let token = Token::parse(&text)?;
        let header = token.header()?;
        let payload = token.payload_bytes()?;
        if header.get("cty").and_then(Value::as_str) == Some("JWT") {
            text_of(&payload).trim_matches(['"', '\'']).clone_into(&mut text);
            continue;
        }
        let payload = object_of(&payload).map_err(failed)?;
        let signature = base64url_bytes(token.signature)
            .map_err(|error| prefixed("JWT signature had invalid encoding", &error))?;
        return Ok(Some(Value::array(vec![header, payload, Value::from(hexadecimal(&signature))])));
    }
    Err(failed("the token holds too many tokens inside one another"))
}

/// What a token's header says about its signature.
struct Header {
    algorithm: String,
    key_id: String,
    content_type: String,
    /// Whether everything is understood that must be.
    is_valid: bool,
}

impl Header {
    fn parse(header: &Value) -> Result<Self, BuiltinError> {
        let text = |name: &str| match header.get(name) {
            None => Ok(String::new()),
            Some(Value::String(text)) => Ok(text.to_string()),
            Some(_) => Err(failed(format!("{name}: must be a string"))),
        };
        let critical: Vec<&str> = match header.get("crit") {
            None => Vec::new(),
            Some(Value::Array(names)) if names.is_empty() => {
                return Err(failed("crit: must be a nonempty list"));
            }
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            Some(_) => return Err(failed("crit: must be a list")),
        };
        text("typ")?;
        let known = ["alg", "kid", "typ", "cty", "crit"];
        let not_understood =
            critical.iter().any(|name| !known.contains(name) && header.get(name).is_some());
        let algorithm = text("alg")?;
        Ok(Self {
            is_valid: !algorithm.is_empty() && !not_understood,
            algorithm,
            key_id: text("kid")?,
            content_type: text("cty")?,
        })
    }
}

/// The keys that may have signed: the one with the token's key id, or else all that allow its algorithm.
fn candidates<'k>(keys: &'k [VerificationKey], header: &Header) -> Vec<&'k VerificationKey> {
    if !header.key_id.is_empty()
        && let Some(key) = keys.iter().find(|key| key.id == header.key_id)
    {
        return vec![key];
    }
    keys.iter()
        .filter(|key| key.algorithm.is_empty() || key.algorithm == header.algorithm)
        .collect()
}

fn is_signed(arguments: &[Value], algorithm: &str, context: &mut CallContext<'_>) -> Answer {
    let Some(algorithm) = Algorithm::parse(algorithm) else { return answer(false) };
    let text = string(arguments, 1)?;
    let key_text = string(arguments, 2)?;
    charge(text.len() + key_text.len(), context)?;
    context.budget.charge(SIGNATURE_STEPS)?;
    let token = Token::parse(text)?;
    if algorithm.is_symmetric() {
        let signature = base64url_bytes(token.signature)?;
        let key = PublicKey::Secret(key_text.as_bytes().to_vec());
        return answer(verified(&key, algorithm, token.signed().as_bytes(), &signature));
    }
    let keys = key::parse_all(key_text).map_err(failed)?;
    let signature = base64url_bytes(token.signature)?;
    let header = Header::parse(&token.header()?)?;
    let signed = token.signed();
    let keys = candidates(&keys, &header);
    answer(keys.iter().any(|key| verified(&key.key, algorithm, signed.as_bytes(), &signature)))
}

fn decode_verify(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let options = any(arguments, 2)?;
    if !options.is_object() {
        return Err(type_error(2, options, &["object"]));
    }
    let constraints = constraint::Constraints::parse(options, context)?;
    let empty = || Value::object(Vec::new());
    let refused = || Ok(Some(Value::array(vec![Value::Bool(false), empty(), empty()])));
    let mut text: Arc<str> = Arc::clone(string(arguments, 1)?);
    for _ in 0..MAX_NESTING {
        charge(text.len() * 2, context)?;
        context.budget.charge(SIGNATURE_STEPS)?;
        let token = Token::parse(&text)?;
        let decoded = token.header()?;
        let header = Header::parse(&decoded)?;
        if !header.is_valid || !constraints.allows_algorithm(&header.algorithm) {
            return refused();
        }
        let signature = base64url_bytes(token.signature)?;
        if !constraints.is_signed(&header, token.signed().as_bytes(), &signature) {
            return refused();
        }
        let payload = token.payload_bytes()?;
        if header.content_type.eq_ignore_ascii_case("JWT") {
            text = text_of(&payload).into();
            continue;
        }
        let payload = object_of(&payload).map_err(failed)?;
        if !constraints.holds(&payload)? {
            return refused();
        }
        return Ok(Some(Value::array(vec![Value::Bool(true), decoded, payload])));
    }
    Err(failed("the token holds too many tokens inside one another"))
}
