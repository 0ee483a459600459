//! `ec.purl.…`: package URLs. Source: the purl specification, "purl-spec".

use std::str::FromStr as _;

use packageurl::PackageUrl;

use crate::domain::value::Value;

use super::super::operand::{Answer, answer, string};
use super::super::signature::{Builtin, CallContext, Type, entry};
use super::super::text::charge;
use super::record;

const QUALIFIER: Type = Type::Record(&[("key", Type::String), ("value", Type::String)]);
const PURL: Type = Type::Record(&[
    ("type", Type::String),
    ("namespace", Type::String),
    ("name", Type::String),
    ("version", Type::String),
    ("qualifiers", Type::Array(&QUALIFIER)),
    ("subpath", Type::String),
]);

pub(super) const BUILTINS: &[Builtin] = &[
    entry("ec.purl.is_valid", &[Type::String], Type::Boolean, is_valid),
    entry("ec.purl.parse", &[Type::String], PURL, parse),
];

fn is_valid(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let text = string(arguments, 1)?;
    charge(text.len(), context)?;
    answer(PackageUrl::from_str(text).is_ok())
}

/// What is no package URL has no parts.
fn parse(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let text = string(arguments, 1)?;
    charge(text.len(), context)?;
    let Ok(purl) = PackageUrl::from_str(text) else { return Ok(None) };
    let optional = |part: Option<&str>| Value::from(part.unwrap_or_default());
    let mut qualifiers: Vec<(&str, &str)> =
        purl.qualifiers().iter().map(|(key, value)| (key.as_ref(), value.as_ref())).collect();
    qualifiers.sort_unstable();
    let qualifiers = qualifiers
        .into_iter()
        .map(|(key, value)| record(vec![("key", Value::from(key)), ("value", Value::from(value))]));
    answer(record(vec![
        ("type", Value::from(purl.ty())),
        ("namespace", optional(purl.namespace())),
        ("name", Value::from(purl.name())),
        ("version", optional(purl.version())),
        ("qualifiers", Value::array(qualifiers.collect())),
        ("subpath", optional(purl.subpath())),
    ]))
}
