//! Command line: one file per verb.

mod args;
mod complaint;
mod exit;
mod print;
