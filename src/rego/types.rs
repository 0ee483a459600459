//! A small type checker: literals, built-in functions, rules and schemas; what it does not know may be anything.
//!
//! It refuses only what can hold for no input: a function given a type that it never takes, a step into something that
//! has no such step, two sides that are never equal.
//!
//! Source: the behaviour of `opa check`, version 1.20.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "types ask for the forms that they know, and are silent about all others"
)]

mod infer;
mod kind;
mod rules;
mod schema;
mod unify;

use super::fault::Fault;
use super::ir::Unit;
use super::module::Module;
use super::resolve::Uses;

pub use kind::Type;
pub use schema::{Openness, of_schema};

/// What `input` is, for the rules of one module from one place on.
#[derive(Clone, Debug)]
pub struct InputType {
    /// The index of the module.
    pub module: usize,
    /// The rule within its package that this is about; `None`: every rule of the module.
    pub rule: Option<Vec<String>>,
    /// What `input` is there.
    pub input: Type,
}

/// Checks every rule; where `input` is described, also the way into it.
pub(super) fn check(
    unit: &Unit,
    edges: &[Vec<usize>],
    modules: &[Module],
    inputs: &[InputType],
    uses: &[Uses],
) -> Vec<Fault> {
    rules::Rules::new(unit, inputs, modules).check(edges, modules, uses)
}
