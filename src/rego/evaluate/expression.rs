//! Expressions: no effects, and results borrowed where they stand already.

use std::borrow::Cow;

use crate::domain::value::Value;
use crate::rego::ir::Slot;

use super::machine::Evaluation;
use super::program::{Admitted, Comparison, Expr, Guard, Pattern};

impl<'p> Evaluation<'p> {
    /// The value, or `None` where it is undefined.
    pub(super) fn value<'a>(&'a self, expr: &'a Expr) -> Option<Cow<'a, Value>> {
        match expr {
            Expr::Constant(value) => Some(Cow::Borrowed(value)),
            Expr::Slot(slot) => self.slots.get(self.frame + *slot as usize).map(Cow::Borrowed),
            Expr::Input(id) => self.context.input(self.program, *id).map(Cow::Borrowed),
            Expr::Base(id) => self.context.base(self.program, *id).map(Cow::Borrowed),
            Expr::Rule(id) => self.context.rules.get(*id)?.as_ref().map(Cow::Borrowed),
            Expr::Path(base, steps) => self.path(base, steps),
            Expr::Array(items) => self.values(items).map(|items| self.made(Value::array(items))),
            Expr::Set(items) => self.values(items).map(|items| self.made(Value::set(items))),
            Expr::Object(entries) => {
                let mut pairs = Vec::with_capacity(entries.len());
                for (key, value) in entries {
                    pairs.push((self.owned(key)?, self.owned(value)?));
                }
                Some(self.made(Value::map(pairs)))
            }
            Expr::Compare(comparison, sides) => {
                let (a, b) = (self.value(&sides.0)?, self.value(&sides.1)?);
                Some(Cow::Owned(Value::Bool(comparison.holds(&a, &b))))
            }
            Expr::Member(sides) => {
                let (value, collection) = (self.value(&sides.0)?, self.value(&sides.1)?);
                Some(Cow::Owned(Value::Bool(is_member(&value, &collection))))
            }
            Expr::MemberAt(sides) => {
                let (key, value) = (self.value(&sides.0)?, self.value(&sides.1)?);
                let collection = self.value(&sides.2)?;
                let found = collection.step(&key).is_some_and(|found| *found == *value);
                Some(Cow::Owned(Value::Bool(found)))
            }
        }
    }

    fn made(&self, value: Value) -> Cow<'_, Value> {
        self.weights.weigh(&value);
        Cow::Owned(value)
    }

    pub(super) fn values(&self, exprs: &[Expr]) -> Option<Vec<Value>> {
        let mut values = Vec::with_capacity(exprs.len());
        for expr in exprs {
            values.push(self.owned(expr)?);
        }
        Some(values)
    }

    /// The value as one that outlives the next step.
    pub(super) fn owned(&self, expr: &Expr) -> Option<Value> {
        if let Expr::Constant(value) = expr {
            return Some(self.constant(value));
        }
        self.value(expr).map(Cow::into_owned)
    }

    /// A constant of the program as a value of this thread.
    fn constant(&self, value: &Value) -> Value {
        if self.program.switches.own_constants { self.copies.of(value) } else { value.clone() }
    }

    /// Whether the expression is defined and not `false`.
    pub(super) fn holds(&self, expr: &Expr) -> bool {
        if let Expr::Compare(comparison, sides) = expr {
            let (Some(a), Some(b)) = (self.value(&sides.0), self.value(&sides.1)) else {
                return false;
            };
            return comparison.holds(&a, &b);
        }
        self.value(expr).is_some_and(|value| !matches!(*value, Value::Bool(false)))
    }

    /// Whether what stands at the place is one of what the guard names.
    pub(super) fn admits(&self, guard: &Guard) -> bool {
        let Some(found) = self.value(&guard.on) else { return false };
        guard.among.is_empty() || guard.among.iter().any(|admitted| admitted.admits(&found))
    }

    fn path<'a>(&'a self, base: &'a Expr, steps: &'a [Expr]) -> Option<Cow<'a, Value>> {
        let is_base = matches!(base, Expr::Base(_));
        match self.value(base)? {
            Cow::Borrowed(mut here) => {
                for step in steps {
                    // Most steps are constant keys, which are the same in base documents.
                    if let Expr::Constant(Value::String(key)) = step {
                        here = here.field(key)?;
                        continue;
                    }
                    let key = self.value(step)?;
                    here = if is_base { base_step(here, &key) } else { here.step(&key) }?;
                }
                Some(Cow::Borrowed(here))
            }
            Cow::Owned(mut here) => {
                for step in steps {
                    let next = here.step(&*self.value(step)?)?.clone();
                    here = next;
                }
                Some(Cow::Owned(here))
            }
        }
    }

    pub(super) fn bind(&mut self, slot: Slot, value: Value) {
        if let Some(place) = self.slots.get_mut(self.frame + slot as usize) {
            *place = value;
        }
    }

    /// Whether the value fits the pattern; binds what the pattern binds.
    pub(super) fn fits(&mut self, pattern: &'p Pattern, value: &Value) -> bool {
        match pattern {
            Pattern::Any => true,
            Pattern::Bind(slot) => {
                self.bind(*slot, value.clone());
                true
            }
            Pattern::Equal(expr) => self.value(expr).is_some_and(|other| *other == *value),
            Pattern::Array(patterns) => {
                let Some(items) = value.as_array() else { return false };
                items.len() == patterns.len()
                    && patterns.iter().zip(items).all(|(pattern, item)| self.fits(pattern, item))
            }
            Pattern::Object(entries) => {
                value.is_object()
                    && value.size() == Some(entries.len())
                    && entries.iter().all(|(key, pattern)| {
                        let item = self.value(key).and_then(|key| value.step(&key));
                        item.is_some_and(|item| self.fits(pattern, item))
                    })
            }
        }
    }
}

impl Admitted {
    fn admits(&self, found: &Value) -> bool {
        match self {
            Self::Scalar(value) => value == found || is_member(value, found),
            Self::Array(wanted) => {
                let is_wanted = |(wanted, item): (&Option<Value>, &Value)| {
                    wanted.as_ref().is_none_or(|wanted| wanted == item)
                };
                found.as_array().is_some_and(|items| {
                    items.len() == wanted.len() && wanted.iter().zip(items).all(is_wanted)
                })
            }
        }
    }
}

impl Comparison {
    fn holds(self, a: &Value, b: &Value) -> bool {
        match self {
            Self::Equal => a == b,
            Self::Unequal => a != b,
            Self::Less => a < b,
            Self::LessOrEqual => a <= b,
            Self::Greater => a > b,
            Self::GreaterOrEqual => a >= b,
        }
    }
}

/// A step into a base document, whose keys are texts even where they are written as numbers.
pub(super) fn base_step<'a>(value: &'a Value, key: &Value) -> Option<&'a Value> {
    match (value, key) {
        (Value::Object(object), Value::Number(number)) => object.get(&number.to_string()),
        _ => value.step(key),
    }
}

fn is_member(value: &Value, collection: &Value) -> bool {
    match collection {
        Value::Array(items) => items.contains(value),
        Value::Set(set) => set.contains(value),
        Value::Object(object) => object.entries().iter().any(|(_, item)| item == value),
        Value::Map(map) => map.entries().iter().any(|(_, item)| item == value),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}
