//! Decide: outcomes to a verdict with reasons. Pure: no I/O, no clock of its own.

pub mod enforcement;
mod image;
pub mod place;
mod standings;
pub mod verdict;

pub use verdict::{Case, Judgement, judge};
