//! Private RSA keys as JSON Web Keys. Source: OPA 1.x, `crypto.x509.parse_rsa_private_key`; RFC 7518, 8017, 5208.

use std::sync::Arc;

use base64::Engine as _;

use crate::domain::value::Value;

use super::super::der::{INTEGER, OCTET_STRING, OID, Reader, SEQUENCE};
use super::super::encoding::{STANDARD, URL_BARE, base64_bytes, illegal, text_of};
use super::super::operand::{Answer, failed, string};
use super::super::pem::next_block;
use super::super::signature::CallContext;
use super::super::text::charge;

/// The members of a key in the order in which DER has them.
const MEMBERS: [&str; 8] = ["n", "e", "d", "p", "q", "dp", "dq", "qi"];

pub(super) fn parse_rsa_private_key(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let text = string(arguments, 1)?;
    charge(text.len() * 4, context)?;
    if text.is_empty() {
        return Err(failed("input PEM data was empty"));
    }
    let decoded;
    let mut rest: &str = text;
    if !text.starts_with("-----BEGIN") {
        let bytes = base64_bytes(&STANDARD, text).ok_or_else(|| failed(illegal(text, false)))?;
        decoded = text_of(&bytes);
        rest = &decoded;
    }
    while let Some((block, after)) = next_block(rest) {
        rest = after;
        let key = match block.label.as_str() {
            "RSA PRIVATE KEY" => web_key(&block.bytes),
            "PRIVATE KEY" => wrapped(&block.bytes).and_then(web_key),
            "EC PRIVATE KEY" => None,
            _ => continue,
        };
        return key.map(Some).ok_or_else(|| failed("x509: this is no private RSA key"));
    }
    Ok(Some(Value::Null))
}

/// The RSA key inside of a key of any kind.
fn wrapped(bytes: &[u8]) -> Option<&[u8]> {
    let mut parts = Reader::new(bytes).expect(SEQUENCE)?.inside();
    parts.expect(INTEGER)?;
    let kind = parts.expect(SEQUENCE)?.inside().expect(OID)?.numbers();
    let key = parts.expect(OCTET_STRING)?.content;
    Some(key).filter(|_| kind == [1, 2, 840, 113_549, 1, 1, 1])
}

fn web_key(bytes: &[u8]) -> Option<Value> {
    let mut numbers = Reader::new(bytes).expect(SEQUENCE)?.inside();
    numbers.expect(INTEGER)?;
    let mut entries: Vec<(Arc<str>, Value)> = vec![("kty".into(), Value::from("RSA"))];
    for member in MEMBERS {
        let number = URL_BARE.encode(numbers.expect(INTEGER)?.magnitude());
        entries.push((member.into(), Value::from(number)));
    }
    Some(Value::object(entries))
}
