//! Files for the second engine: what its parser must not see, and what it says of what it refuses.
//!
//! It backtracks over literals (it tries each as a comprehension first), so nested first elements cost twice as much for
//! each level, and nothing in it ends that.

mod bound;

use std::fmt;
use std::num::{NonZeroU32, NonZeroUsize};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use regorus::PolicyLengthConfig;

use super::fault::Fault;
use super::module::Version;
use super::resolve::written;
use super::syntax;
use super::syntax::ast::{Term, TermKind};
use super::syntax::visit::{Visited, each_part};
use crate::domain::place::{SourceFile, Span};

/// How often the parser may read literals again, over the whole file.
const MAX_REREADS: u64 = 4_096;

/// Refuses a file whose literals would keep the parser busy for ever.
fn literals_are_shallow(file: &Arc<SourceFile>, tree: &syntax::Module) -> Result<(), Fault> {
    let mut n_rereads = 0_u64;
    let mut open: Vec<(Visited<'_>, u64)> =
        tree.rules.iter().map(|rule| (Visited::Rule(rule), 1)).collect();
    while let Some((part, reads)) = open.pop() {
        n_rereads = n_rereads.saturating_add(reads - 1);
        if n_rereads > MAX_REREADS {
            let message = "literals are nested too deeply in their first elements here";
            return Err(Fault::new(file, part.span(), message)
                .with_help("move the data into `data.json`, or name the inner literal"));
        }
        let inner = if part.is_literal() { reads.saturating_mul(2) } else { reads };
        each_part(part, &mut |part| open.push((part, inner)));
    }
    Ok(())
}

/// Refuses a file with a call that nothing would end.
fn calls_are_bounded(file: &Arc<SourceFile>, tree: &syntax::Module) -> Result<(), Fault> {
    let mut open: Vec<Visited<'_>> = tree.rules.iter().map(Visited::Rule).collect();
    while let Some(part) = open.pop() {
        if let Visited::Term(Term { kind: TermKind::Call(operator, arguments), span }) = part
            && let Some((message, help)) = bound::unbounded(&written(operator), arguments)
        {
            return Err(Fault::new(file, *span, message).with_help(help));
        }
        each_part(part, &mut |part| open.push(part));
    }
    Ok(())
}

pub(super) fn add(
    engine: &mut regorus::Engine,
    file: &Arc<SourceFile>,
    version: Version,
) -> Result<(), Fault> {
    // The own front end has taken the file before; this engine is asked seldom, so that the tree was not kept.
    if let Ok(tree) = syntax::parse(file, version, &syntax::Limits::default()) {
        literals_are_shallow(file, &tree)?;
        calls_are_bounded(file, &tree)?;
    }
    engine.set_rego_v0(version == Version::V0);
    engine.set_policy_length_config(length_config());
    let added = catch_unwind(AssertUnwindSafe(|| {
        engine.add_policy(file.path.clone(), file.text.to_string())
    }));
    match added {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(cause)) => {
            let fault = fault_of(&cause, &|path| (path == file.path).then_some(file), file);
            let help = syntax_help(&fault.message);
            Err(fault.with_help(help))
        }
        Err(_) => Err(Fault::new(file, Span::default(), "the parser failed on this file")
            .with_help("shorten it until it parses, and report what was removed")),
    }
}

fn syntax_help(message: &str) -> &'static str {
    if message.contains("`if` keyword") || message.contains("`contains` keyword") {
        "write `deny contains finding if { … }`"
    } else if message.contains("nesting too deep") {
        "name the inner parts with `:=`"
    } else if message.contains("keyword") {
        "a keyword cannot be a name: rename it, or move it into quotes"
    } else {
        "look for a bracket, comma or operator that is missing or too much, here or just before"
    }
}

/// The own front end's bounds stand before the parser's own, so these only must not be smaller.
fn length_config() -> PolicyLengthConfig {
    let bytes = syntax::Limits::default().max_bytes;
    let config = PolicyLengthConfig::default();
    PolicyLengthConfig {
        max_col: u32::try_from(bytes).ok().and_then(NonZeroU32::new).unwrap_or(config.max_col),
        max_file_bytes: NonZeroUsize::new(bytes).unwrap_or(config.max_file_bytes),
        max_lines: NonZeroUsize::new(bytes).unwrap_or(config.max_lines),
    }
}

/// The engine's error text, which shows `--> file:line:column`, a source line and `error: message`, as a fault.
pub(super) fn fault_of<'f>(
    cause: &dyn fmt::Display,
    file_of: &dyn Fn(&str) -> Option<&'f Arc<SourceFile>>,
    otherwise: &'f Arc<SourceFile>,
) -> Fault {
    let text = cause.to_string();
    let mut lines = text.lines();
    let place = lines.by_ref().find_map(|line| line.trim_start().strip_prefix("--> "));
    let mut messages = lines.filter_map(|line| line.strip_prefix("error: "));
    let message = messages.find(|message| !message.trim().is_empty());
    let message = message.unwrap_or_else(|| text.trim()).trim_end_matches('.').to_owned();
    let located = place.and_then(|place| {
        let (rest, column) = place.rsplit_once(':')?;
        let (path, line) = rest.rsplit_once(':')?;
        let file = file_of(path)?;
        Some((file, span_at(file, line.parse().ok()?, column.parse().ok()?)))
    });
    let (file, span) = located.unwrap_or((otherwise, Span::default()));
    Fault::new(file, span, message)
}

/// The word (or character) at a line and column, both from 1.
fn span_at(file: &SourceFile, line: usize, column: usize) -> Span {
    let mut lines = file.text.split_inclusive('\n');
    let start: usize = lines.by_ref().take(line.saturating_sub(1)).map(str::len).sum();
    let text = lines.next().unwrap_or("");
    let before: usize = text.chars().take(column.saturating_sub(1)).map(char::len_utf8).sum();
    let rest = text.get(before..).unwrap_or("");
    let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
    let length = word.max(rest.chars().next().filter(|c| *c != '\n').map_or(0, char::len_utf8));
    Span::new(start + before, start + before + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_hang_the_parser_is_refused() {
        for (open, close) in [("[", "]"), ("{\"a\": ", "}"), ("[{\"a\": ", "}]")] {
            let text = format!("package p\nx := {}1{}", open.repeat(30), close.repeat(30));
            let file = Arc::new(SourceFile::new("p.rego", text));
            let refused = add(&mut regorus::Engine::new(), &file, Version::V1).unwrap_err();
            assert!(refused.message.contains("nested too deeply"), "{refused}");
        }
    }
}
