//! What OPA's rule index asks of a place before a body is evaluated.

use crate::domain::value::Value;

use super::expression::is_member;
use super::program::Expr;

/// A place that must be defined and, where something is named, be one of these.
#[derive(Debug)]
pub(super) struct Guard {
    pub(super) on: Expr,
    pub(super) among: Vec<Admitted>,
}

/// What a guard lets pass.
#[derive(Debug)]
pub(super) enum Admitted {
    /// This, or a collection with it.
    Scalar(Value),
    /// An array with these items; anything may stand where none is named.
    Array(Vec<Option<Value>>),
}

impl Admitted {
    pub(super) fn admits(&self, found: &Value) -> bool {
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
