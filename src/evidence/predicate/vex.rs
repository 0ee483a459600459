//! OpenVEX: which vulnerabilities matter.

use super::Malformed;
use super::field::Field;
use crate::domain::predicate::{Predicate, Vex, VexStatement};
use crate::domain::value::Value;

const STATUSES: [&str; 4] = ["not_affected", "affected", "fixed", "under_investigation"];

/// Reads a VEX document.
///
/// Source: OpenVEX specification 0.2.0; before 0.2 vulnerabilities and products were plain texts.
pub(super) fn read(root: &Field<'_>) -> Result<Predicate, Malformed> {
    let statements = root.at(&["statements"])?;
    if statements.value.and_then(Value::as_array).is_none() {
        return Err(statements.expected("a list"));
    }
    Ok(Predicate::Vex(Box::new(Vex {
        id: root.required_text(&["@id"])?,
        author: root.required_text(&["author"])?,
        timestamp: root.time(&["timestamp"])?,
        statements: statements.items(&[])?.iter().map(statement).collect::<Result<_, _>>()?,
    })))
}

fn statement(field: &Field<'_>) -> Result<VexStatement, Malformed> {
    let status = field.required_text(&["status"])?;
    if !STATUSES.contains(&status.as_str()) {
        let message = format!("`{status}` is none of {}", STATUSES.join(", "));
        return Err(field.at(&["status"])?.fault(message));
    }
    let products = field.items(&["products"])?;
    Ok(VexStatement {
        vulnerability: named(&field.at(&["vulnerability"])?, &["name", "@id"])?,
        products: products
            .iter()
            .map(|product| named(product, &["@id"]))
            .collect::<Result<_, _>>()?,
        justification: field.text(&["justification"])?,
        status,
    })
}

/// A plain text, or an object that names itself under the first of `keys` that it has.
fn named(field: &Field<'_>, keys: &[&str]) -> Result<String, Malformed> {
    if field.value.and_then(Value::as_object).is_none() {
        return field.required_text(&[]);
    }
    for key in keys {
        if let Some(name) = field.text(&[key])? {
            return Ok(name);
        }
    }
    Err(field.expected(&format!("`{}`", keys.join("` or `"))))
}
