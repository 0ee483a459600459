//! JSON of strangers: every key once, within bounds.

use crate::document::{self, DocumentLimits, FaultKind};
use crate::domain::evidence::code::RejectionCode;
use crate::domain::value::Value;
use crate::evidence::verify::rejection::Rejection;

/// The crate that verifies bundles reads no deeper than 128.
const MAX_DEPTH: usize = 100;
/// A large SBOM has about a million values.
const MAX_VALUES: usize = 4_000_000;

/// Reads `bytes` as one JSON value; `what` names it in messages.
pub(super) fn read(bytes: &[u8], what: &str) -> Result<Value, Rejection> {
    let text = std::str::from_utf8(bytes).map_err(|cause| {
        Rejection::new(RejectionCode::Unreadable, format!("{what} is not UTF-8: {cause}"))
    })?;
    let limits = DocumentLimits {
        max_depth: MAX_DEPTH,
        max_nodes: MAX_VALUES,
        max_scalar_bytes: usize::MAX,
        max_documents: 1,
    };
    let document = document::json::read(text, &limits).map_err(|fault| {
        let code = match fault.kind {
            FaultKind::DuplicateKey => RejectionCode::DuplicateKey,
            FaultKind::Limit => RejectionCode::PredicateTooLarge,
            FaultKind::Syntax | FaultKind::Ambiguous => RejectionCode::Unreadable,
        };
        Rejection::new(code, format!("{what}: {}", fault.message))
    })?;
    Ok(document.value)
}

/// The string at `keys`, or that it is not there.
pub(super) fn text<'v>(value: &'v Value, keys: &[&str], what: &str) -> Result<&'v str, Rejection> {
    value.at(keys).and_then(Value::as_str).ok_or_else(|| {
        Rejection::new(
            RejectionCode::Unreadable,
            format!("{what} has no string `{}`", keys.join(".")),
        )
    })
}
