//! The evaluator: resolved modules to a program, a program and an input to values.
//!
//! [`compile()`] numbers everything that is looked up (rules, input paths, locals) and makes one immutable [`Program`] for a
//! whole revision. Each thread has a [`Machine`] of scratch memory; an [`Evaluation`] answers any number of questions
//! about one input and computes nothing twice. Bodies run step by step; a step with several solutions runs the rest of
//! the body for each, so that nothing is collected which nobody asked for.

mod call;
mod compile;
mod constant;
mod context;
mod direct;
mod document;
mod expression;
mod failure;
mod guard;
mod index;
mod inspect;
mod machine;
mod program;
mod replace;
mod rule;
mod run;
mod sight;
mod sink;
mod stored;
mod switches;
mod tree;
mod weight;

use crate::domain::value::Value;
use crate::rego::ir::Unit;

pub use failure::{Failure, FailureKind};
pub use machine::{Evaluation, Machine, Settings};
pub use program::{Entry, Point, PointKind, Program, Refusal};
pub use sight::{Hit, Sight, Sights};
pub use switches::Switches;

/// Compiles all modules of a revision over its base documents.
///
/// A rule that does not compile is listed in [`Program::refusals`]; reaching it is an error.
pub fn compile(unit: &Unit, data: Value, switches: Switches) -> Program {
    compile::program(unit, data, switches)
}
