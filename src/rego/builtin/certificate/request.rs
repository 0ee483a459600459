//! Requests for certificates as Go shows them. Source: OPA 1.x, `topdown/crypto.go`; RFC 2986.

use crate::domain::value::Value;

use super::super::der::{BIT_STRING, Element, INTEGER, OID, Reader, SEQUENCE, SET};
use super::super::encoding::{STANDARD, base64_bytes, illegal, text_of};
use super::super::operand::{Answer, answer, failed, string};
use super::super::pem::next_block;
use super::super::signature::CallContext;
use super::super::text::charge;
use super::{base64_value, extension, key_shown, name, numbers_value, object, signature_algorithm};

const EXTENSION_REQUEST: [u64; 7] = [1, 2, 840, 113_549, 1, 9, 14];

pub(super) fn parse(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let text = string(arguments, 1)?;
    charge(text.len() * 8, context)?;
    let bytes = if text.starts_with("-----BEGIN CERTIFICATE REQUEST-----") {
        text.as_bytes().to_vec()
    } else {
        base64_bytes(&STANDARD, text).ok_or_else(|| failed(illegal(text, false)))?
    };
    let pem = text_of(&bytes);
    let bytes = match next_block(&pem) {
        Some((block, _)) if block.label != "CERTIFICATE REQUEST" => {
            return Err(failed("invalid PEM-encoded certificate signing request"));
        }
        Some((block, _)) => block.bytes,
        None => bytes,
    };
    let mut reader = Reader::new(&bytes);
    let request = reader.expect(SEQUENCE).filter(|_| reader.is_empty()).and_then(shown);
    answer(request.ok_or_else(|| failed("asn1: structure error: no certificate request"))?)
}

fn shown(request: Element<'_>) -> Option<Value> {
    let mut parts = request.inside();
    let body = parts.expect(SEQUENCE)?;
    let algorithm = parts.expect(SEQUENCE)?;
    let signature = parts.expect(BIT_STRING)?.bits()?;
    let mut fields = body.inside();
    let version = fields.expect(INTEGER)?.content.first().copied()?;
    let subject = fields.expect(SEQUENCE)?;
    let key = fields.expect(SEQUENCE)?;
    let (key_algorithm, key_value) = key_shown(key);
    let attributes = fields.optional(0xa0);
    let mut extensions = None;
    let mut listed = Vec::new();
    let mut reader = attributes.map_or(Reader::new(&[]), |attributes| attributes.inside());
    while let Some(attribute) = reader.next() {
        let mut parts = attribute.inside();
        let kind = parts.expect(OID)?.numbers();
        let values = parts.expect(SET)?;
        if kind == EXTENSION_REQUEST {
            extensions = values.inside().expect(SEQUENCE);
        }
        listed.extend(attribute_shown(&kind, values));
    }
    let extended = match extensions {
        Some(extensions) => extension::shown(extensions)?.ok()?,
        None => extension::none().ok()?,
    };
    let wanted = ["Extensions", "DNSNames", "EmailAddresses", "IPAddresses", "URIs"];
    let extended = extended.into_iter().filter(|(key, _)| wanted.contains(&key.as_ref()));
    let list = |items: Vec<Value>| if items.is_empty() { Value::Null } else { Value::array(items) };
    let Value::Object(own) = object(vec![
        ("Raw", base64_value(request.whole)),
        ("RawTBSCertificateRequest", base64_value(body.whole)),
        ("RawSubjectPublicKeyInfo", base64_value(key.whole)),
        ("RawSubject", base64_value(subject.whole)),
        ("Version", Value::from(i64::from(version))),
        ("Signature", base64_value(signature)),
        ("SignatureAlgorithm", Value::from(signature_algorithm(algorithm)?)),
        ("PublicKeyAlgorithm", Value::from(key_algorithm)),
        ("PublicKey", key_value),
        ("Subject", name::shown(subject)?),
        ("Attributes", list(listed)),
        ("ExtraExtensions", Value::Null),
    ]) else {
        return None;
    };
    Some(Value::object(own.entries().iter().cloned().chain(extended).collect()))
}

/// An attribute of names and values, as Go reads those that are like the names of a subject.
fn attribute_shown(kind: &[u64], values: Element<'_>) -> Option<Value> {
    let mut groups = Vec::new();
    let mut reader = values.inside();
    while let Some(group) = reader.next() {
        let mut pairs = Vec::new();
        let mut members = group.inside();
        while let Some(member) = members.next() {
            let mut parts = member.inside();
            let id = parts.expect(OID)?.numbers();
            let value = parts.next()?;
            let bytes = base64_value(value.content);
            pairs.push(object(vec![("Type", numbers_value(&id)), ("Value", bytes)]));
        }
        groups.push(Value::array(pairs));
    }
    Some(object(vec![("Type", numbers_value(kind)), ("Value", Value::array(groups))]))
}
