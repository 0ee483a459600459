//! The Rego language, knowing nothing of gates: text to modules, modules to programs, programs to values.
//!
//! [`module`] reads a text within bounds, [`check`] resolves and looks at all modules together, and [`engine`] runs one
//! package with what it needs. What a gate does with it is the policy room's.

pub mod budget;
pub mod builtin;
pub mod check;
pub mod closed;
mod convert;
pub mod engine;
pub mod evaluate;
mod extension;
mod family;
pub mod fault;
pub mod ir;
pub mod metadata;
pub mod module;
mod own;
pub mod resolve;
mod second;
mod session;
pub(crate) mod stored;
pub mod syntax;
pub mod test;
pub mod types;

pub use fault::{Fault, Related};
