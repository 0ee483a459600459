//! `policy capabilities`: what the language can do here.

use crate::cli::args::ListFormat;
use crate::cli::complaint::Failure;
use crate::cli::exit::Exit;
use crate::cli::session::Session;
use crate::rego::builtin::{all, capabilities, is_deprecated};

/// Runs the verb.
///
/// # Errors
/// When standard output cannot be written to.
pub(super) fn run(session: &Session, format: ListFormat) -> Result<Exit, Failure> {
    let text = match format {
        ListFormat::Json => format!("{}\n", capabilities()),
        ListFormat::Human => {
            let mut names: Vec<&str> =
                all().map(|builtin| builtin.name).filter(|name| !is_deprecated(name)).collect();
            names.sort_unstable();
            names.join("\n") + "\n"
        }
    };
    session.printer.out(&text)?;
    Ok(Exit::Allow)
}
