//! Functions of Conforma's policies, `ec.…`. They ask a registry there; here they answer from what was held of the image
//! before any policy ran, and whatever is not held is an error, since an undefined answer would silence the rule.
//!
//! Source: Conforma, "Rego reference"; its `internal/rego`.

mod descriptor;
mod document;
mod identity;
mod purl;
mod verification;

use std::sync::Arc;

use crate::domain::value::Value;

use super::signature::Builtin;

/// All functions, in no order.
pub(super) fn families() -> impl Iterator<Item = &'static Builtin> {
    [document::BUILTINS, purl::BUILTINS, verification::BUILTINS].into_iter().flatten()
}

fn record(fields: Vec<(&str, Value)>) -> Value {
    Value::object(fields.into_iter().map(|(key, value)| (Arc::from(key), value)).collect())
}
