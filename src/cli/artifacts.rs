//! What the command line names, as artifacts.

use std::io::{IsTerminal as _, Read as _};

use crate::cli::complaint::{Complaint, Failure};
use crate::cli::session::Session;
use crate::domain::code::Code;
use crate::intake::{self, Limits, Walked};

/// The path that stands for standard input.
const STDIN: &str = "-";

/// Codes of inputs of which nothing could be read: to judge the rest as if they were not there would be a guess.
const UNREADABLE: [&str; 10] = [
    "INPUT-AMBIGUOUS",
    "INPUT-DUPLICATE-KEY",
    "INPUT-EMPTY",
    "INPUT-JSON",
    "INPUT-LIMIT",
    "INPUT-NOT-A-MANIFEST",
    "INPUT-NOT-TEXT",
    "INPUT-TEMPLATE",
    "INPUT-UNREADABLE",
    "INPUT-YAML",
];

/// Collects the files at `paths`; standard input is read when it is named.
///
/// # Errors
/// When a path cannot be read, or there is more than the limits allow.
pub fn collect(session: &Session, paths: &[String], limits: &Limits) -> Result<Walked, Failure> {
    let stdin = if paths.iter().any(|path| path == STDIN) {
        let stdin = std::io::stdin();
        if stdin.is_terminal() {
            session.printer.note("reading standard input, which ends with Ctrl-D");
        }
        let most = u64::try_from(limits.max_file_bytes).unwrap_or(u64::MAX).saturating_add(1);
        let mut content = Vec::new();
        stdin.lock().take(most).read_to_end(&mut content).map_err(|cause| {
            let message = format!("cannot read standard input: {cause}");
            Complaint::new(message, "pipe the manifests in, e.g. `cat app.yaml | goldgate check -`")
        })?;
        Some(content.into())
    } else {
        None
    };
    Ok(intake::walk(paths, stdin, limits)?)
}

/// The finding that nothing was found at all: then there is nothing to decide about.
pub const NOTHING: &str = "INPUT-NOTHING";

/// Whether a finding of this code says that its file could not be read.
pub fn is_unreadable(code: &Code) -> bool {
    UNREADABLE.contains(&code.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unreadable_code_is_a_code_of_inputs() {
        let known: Vec<&str> =
            crate::domain::input_code::CODES.iter().map(|code| code.code).collect();
        assert!(known.contains(&NOTHING));
        assert!(UNREADABLE.iter().all(|code| known.contains(code)));
    }
}
