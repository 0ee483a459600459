//! What is wrong with a document, in OPA's words.

use crate::domain::value::{Number, Value};

use super::super::format::float_text;
use super::super::json::json_text;
use super::super::number::exact_integer;

/// One fault of a document.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) kind: &'static str,
    pub(super) field: String,
    pub(super) description: String,
}

/// Faults and how far a schema matched: of several alternatives the best one's faults are shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome {
    pub(super) faults: Vec<Fault>,
    pub(super) score: i64,
}

impl Outcome {
    pub(super) fn add(
        &mut self,
        kind: &'static str,
        path: &Path<'_>,
        description: impl Into<String>,
    ) {
        self.faults.push(Fault { kind, field: path.field(), description: description.into() });
        self.score -= 2;
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.faults.extend(other.faults);
        self.score += other.score;
    }

    pub(super) fn is_valid(&self) -> bool {
        self.faults.is_empty()
    }
}

/// Where in the document a value stands.
#[derive(Debug)]
pub(super) struct Path<'p> {
    pub(super) parent: Option<&'p Path<'p>>,
    pub(super) step: &'p str,
}

impl Path<'_> {
    pub(super) const ROOT: Path<'static> = Path { parent: None, step: "(Root)" };

    fn field(&self) -> String {
        match self.parent {
            None => self.step.to_owned(),
            Some(parent) if parent.parent.is_none() => self.step.to_owned(),
            Some(parent) => format!("{}.{}", parent.field(), self.step),
        }
    }
}

/// The value as JSON text in which equal numbers are written the same.
pub(super) fn canonical(value: &Value) -> String {
    json_text(&normalised(value))
}

fn normalised(value: &Value) -> Value {
    match value {
        Value::Number(number) => {
            let float = Number::Float(number.to_f64());
            Value::Number(
                exact_integer(&float)
                    .and_then(|integer| i64::try_from(integer).ok())
                    .map_or(float, Number::Int),
            )
        }
        Value::Array(items) => Value::array(items.iter().map(normalised).collect()),
        Value::Object(object) => Value::object(
            object.entries().iter().map(|(key, item)| (key.clone(), normalised(item))).collect(),
        ),
        other => other.clone(),
    }
}

/// A bound as OPA shows it.
pub(super) fn bound_text(bound: &Number) -> String {
    float_text(bound.to_f64(), 'g', None)
}

/// The type as schemas name it.
pub(super) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Number(number) if exact_integer(number).is_some() => "integer",
        other => other.type_name(),
    }
}
