//! The Rego language, knowing nothing of gates: text to modules, modules to programs, programs to values.
//!
//! A text passes [`guard`] before anything else reads it, [`module`] parses it, [`check`] looks at all modules together,
//! and [`engine`] runs one package with what it needs. What a gate does with it is the policy room's.

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
pub mod guard;
pub mod ir;
mod lexer;
pub mod metadata;
pub mod module;
mod own;
pub mod resolve;
mod scope;
mod session;
pub mod syntax;
pub mod test;
mod walk;

pub use fault::{Fault, Related};
