//! Calls that need no arguments of their own: tests of two texts, and plain formats.
//!
//! Nothing is copied and no reference is counted. What is not plain at run time is left to the function, which also has the
//! words for what does not fit.

use crate::domain::value::Value;
use crate::rego::builtin::PlainFormat;

use super::failure::{Outcome, exhausted};
use super::machine::Evaluation;
use super::program::{Call, Callee, Expr};

/// How a call is answered directly.
#[derive(Debug)]
pub(super) enum Direct {
    Begins,
    Ends,
    Contains,
    Format(PlainFormat),
}

/// What came of it.
pub(super) enum Answered {
    /// `None` is undefined.
    With(Option<Value>),
    /// The function is to be called.
    NotHere,
}

/// Texts are charged for one step in so many bytes.
const BYTES_PER_STEP: usize = 64;
/// Longer texts are left to the function.
const MAX_TEXT_BYTES: usize = 64 * 1024;

impl Direct {
    pub(super) fn of(callee: Callee, arguments: &[Expr]) -> Option<Self> {
        let Callee::Builtin(builtin) = callee else { return None };
        match (builtin.name, arguments) {
            ("startswith", [_, _]) => Some(Self::Begins),
            ("endswith", [_, _]) => Some(Self::Ends),
            ("contains", [_, _]) => Some(Self::Contains),
            ("sprintf", [Expr::Constant(Value::String(format)), Expr::Array(items)]) => {
                let format = PlainFormat::of(format)?;
                (format.arity() == items.len()).then_some(Self::Format(format))
            }
            _ => None,
        }
    }
}

impl<'p> Evaluation<'p> {
    pub(super) fn directly(&mut self, direct: &'p Direct, call: &'p Call) -> Outcome<Answered> {
        let holds: fn(&str, &str) -> bool = match direct {
            Direct::Begins => |text, part| text.starts_with(part),
            Direct::Ends => |text, part| text.ends_with(part),
            Direct::Contains => |text, part| text.contains(part),
            Direct::Format(format) => return self.formatted(format, call),
        };
        let [text, part] = call.arguments.as_slice() else { return Ok(Answered::NotHere) };
        let (Some(text), Some(part)) = (self.value(text), self.value(part)) else {
            return Ok(Answered::With(None));
        };
        let (Value::String(text), Value::String(part)) = (&*text, &*part) else {
            return Ok(Answered::NotHere);
        };
        let answer = Value::Bool(holds(text, part));
        self.charge(call.span)?;
        Ok(Answered::With(Some(answer)))
    }

    fn formatted(&mut self, format: &'p PlainFormat, call: &'p Call) -> Outcome<Answered> {
        let [_, Expr::Array(items)] = call.arguments.as_slice() else {
            return Ok(Answered::NotHere);
        };
        let mut text = std::mem::take(self.text);
        text.clear();
        let answered = self.format_into(&mut text, format, items);
        let answered = match answered {
            Answered::With(Some(_)) => self.charge_text(text.len(), call).map(|()| answered),
            Answered::With(None) | Answered::NotHere => Ok(answered),
        };
        *self.text = text;
        answered
    }

    fn format_into(&self, text: &mut String, format: &PlainFormat, items: &[Expr]) -> Answered {
        for (number, item) in items.iter().enumerate() {
            let Some(value) = self.value(item) else { return Answered::With(None) };
            if !format.push(number, &value, text) {
                return Answered::NotHere;
            }
        }
        format.finish(text);
        if text.len() > MAX_TEXT_BYTES {
            return Answered::NotHere;
        }
        Answered::With(Some(Value::from(text.as_str())))
    }

    /// What calling the function costs.
    fn charge_text(&mut self, n_bytes: usize, call: &Call) -> Outcome<()> {
        let steps = u64::try_from(n_bytes / BYTES_PER_STEP).unwrap_or(u64::MAX);
        let charged = self.budget.charge(1 + steps);
        let charged = charged.and_then(|()| self.budget.charge_memory(n_bytes));
        charged.map_err(|cause| exhausted(cause, call.span))
    }
}
