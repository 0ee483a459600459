//! The registry's client against a registry that misbehaves, and against a real one.

mod faults;
pub(crate) mod faulty;
mod real;
pub(crate) mod server;
