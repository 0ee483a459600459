//! `ec.sigstore.…`: who signed the image, out of what was verified before.

use crate::domain::evidence::SignerFacts;
use crate::domain::value::Value;

use super::super::operand::{Answer, answer, object, string};
use super::super::signature::{Builtin, CallContext, Type, entry};
use super::document::image;
use super::identity::Wanted;
use super::record;

const TWO: &[Type] = &[Type::String, Type::Any];

pub(super) const BUILTINS: &[Builtin] = &[
    Builtin {
        deterministic: false,
        ..entry("ec.sigstore.verify_image", TWO, Type::Any, verify_image)
    },
    Builtin {
        deterministic: false,
        ..entry("ec.sigstore.verify_attestation", TWO, Type::Any, verify_attestation)
    },
];

fn verify_image(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let held = image(context, string(arguments, 1)?)?;
    let wanted = match Wanted::of(object(arguments, 2)?) {
        Ok(wanted) => wanted,
        Err(reason) => return answer(outcome("signatures", Vec::new(), Some(reason))),
    };
    let mut found = Vec::new();
    for verified in &held.facts.signatures {
        if wanted.admits(&verified.signer, context)? {
            found.push(signature(&verified.signer));
        }
    }
    let none = found.is_empty().then_some("no verified signature is of the one who is wanted");
    answer(outcome("signatures", found, none.map(str::to_owned)))
}

fn verify_attestation(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let held = image(context, string(arguments, 1)?)?;
    let wanted = match Wanted::of(object(arguments, 2)?) {
        Ok(wanted) => wanted,
        Err(reason) => return answer(outcome("attestations", Vec::new(), Some(reason))),
    };
    let mut found = Vec::new();
    for verified in &held.facts.attestations {
        if wanted.admits(&verified.signer, context)? {
            found.push(record(vec![
                ("statement", verified.statement()),
                ("signatures", Value::array(vec![signature(&verified.signer)])),
            ]));
        }
    }
    let none = found.is_empty().then_some("no verified attestation is of the one who is wanted");
    answer(outcome("attestations", found, none.map(str::to_owned)))
}

fn outcome(key: &str, found: Vec<Value>, error: Option<String>) -> Value {
    record(vec![
        ("success", Value::Bool(error.is_none())),
        ("errors", Value::array(error.into_iter().map(Value::from).collect())),
        (key, Value::array(found)),
    ])
}

/// A signature without its bytes, which were verified and not kept.
fn signature(signer: &SignerFacts) -> Value {
    let key = signer.key.as_ref().map(|key| key.fingerprint.to_string()).unwrap_or_default();
    let identity = signer.identity.iter().flat_map(|identity| {
        let claims = identity.claims.iter().map(|(name, claim)| (name.as_str(), claim.as_str()));
        let own = [("issuer", identity.issuer.as_str()), ("subject", identity.subject.as_str())];
        own.into_iter().chain(claims)
    });
    let metadata = identity.map(|(name, text)| (name, Value::from(text))).collect();
    record(vec![
        ("keyid", Value::from(key)),
        ("signature", Value::from("")),
        ("certificate", Value::from("")),
        ("chain", Value::array(Vec::new())),
        ("metadata", record(metadata)),
    ])
}
