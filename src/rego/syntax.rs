//! Text to syntax tree: a bounded lexer and a recursive-descent parser of our own for Rego v0 and v1.
//!
//! Every fault of a file is reported at once: behind a fault the parser goes on at the next statement or rule. Brackets are
//! counted before anything recurses, and the few places where the grammar must read ahead draw on a common allowance, so
//! that the time is linear in the text.
//!
//! Source: the Open Policy Agent's documentation of the language, version 1.20, and the behaviour of its parser.

pub mod ast;
pub(crate) mod fault;
mod head;
mod lexer;
mod module;
mod parser;
mod statement;
mod term;

use std::sync::Arc;

pub use ast::{Module, Version};
pub use lexer::Comment;

use super::fault::Fault;
use crate::domain::place::{SourceFile, Span};
use fault::{Code, Report};

/// Bounds of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the text.
    pub max_bytes: usize,
    /// Nesting of brackets.
    pub max_depth: usize,
    /// Steps of one reference: `input.a[b].c` has three.
    pub max_steps: usize,
    /// Operators of one expression outside brackets.
    pub max_operators: usize,
    /// Tokens that may be read again where the grammar is ambiguous, over the whole file, for each token of it.
    pub max_rereads: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bytes: 4 * 1_048_576,
            max_depth: 64,
            max_steps: 256,
            max_operators: 256,
            max_rereads: 8,
        }
    }
}

/// Reads `file` as Rego of `version`; `import rego.v1` makes a v0 file a v1 file.
///
/// # Errors
/// All faults of the file.
pub fn parse(
    file: &Arc<SourceFile>,
    version: Version,
    limits: &Limits,
) -> Result<Module, Vec<Fault>> {
    let mut report = Report::new(file);
    if file.text.len() > limits.max_bytes {
        let message = format!("the file has more than {} bytes", limits.max_bytes);
        report
            .fault(Code::Limit, Span::default(), message)
            .help("split it, or move data into `data.json`");
        return Err(report.faults);
    }
    let lexed = lexer::lex(&file.text, limits, &mut report);
    let module = parser::Parser::new(file, lexed, version, limits, &mut report).module();
    match module {
        Some(module) if report.faults.is_empty() => Ok(module),
        _ => Err(report.faults),
    }
}
