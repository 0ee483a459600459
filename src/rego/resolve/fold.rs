//! Constants: numbers as they are written, and composites of constants.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::value::{Number, Value};
use crate::rego::ir::Term;

/// The number that a literal spells.
pub(super) fn number(text: &str) -> Value {
    let padded = match text.strip_prefix("-.") {
        Some(rest) => format!("-0.{rest}"),
        None => text.strip_prefix('.').map_or_else(|| text.to_owned(), |rest| format!("0.{rest}")),
    };
    // OPA prints a number as it was written, `1.0` and `1e3` too.
    let number = Number::from_json_text(&padded);
    Value::Number(number.unwrap_or_else(|| Number::Decimal(Arc::from(padded))))
}

/// A composite of constants as one constant; of entries with one constant key the last stands.
pub(super) fn constant(mut term: Term) -> Term {
    if let Term::Object(entries) = &mut term {
        keep_last(entries);
    }
    let constants = |items: &[Term]| -> Option<Vec<Value>> {
        items
            .iter()
            .map(|item| if let Term::Constant(value) = item { Some(value.clone()) } else { None })
            .collect()
    };
    let folded = match &term {
        Term::Array(items) => constants(items).map(Value::array),
        Term::Set(items) => constants(items).map(Value::set),
        Term::Object(entries) => entries
            .iter()
            .map(|(key, value)| match (key, value) {
                (Term::Constant(key), Term::Constant(value)) => Some((key.clone(), value.clone())),
                _ => None,
            })
            .collect::<Option<Vec<_>>>()
            .map(Value::map),
        _ => None,
    };
    folded.map_or(term, Term::Constant)
}

fn keep_last(entries: &mut Vec<(Term, Term)>) {
    let mut last: BTreeMap<Value, usize> = BTreeMap::new();
    for (index, (key, _)) in entries.iter().enumerate() {
        if let Term::Constant(key) = key {
            last.insert(key.clone(), index);
        }
    }
    let mut index = 0;
    entries.retain(|(key, _)| {
        let stands = match key {
            Term::Constant(key) => last.get(key) == Some(&index),
            _ => true,
        };
        index += 1;
        stands
    });
}
