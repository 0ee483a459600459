//! `policy docs`: the manual of every policy, and the schema of what a policy sees.

use crate::cli::args::DocsFormat;
use crate::cli::complaint::Failure;
use crate::cli::exit::Exit;
use crate::cli::local;
use crate::cli::session::Session;
use crate::policy::docs::{INPUT_SCHEMA, page};

/// Runs the verb.
///
/// # Errors
/// When bundles cannot be loaded, or standard output cannot be written to.
pub(super) fn run(session: &Session, schema: bool, format: DocsFormat) -> Result<Exit, Failure> {
    if schema {
        session.printer.out(INPUT_SCHEMA)?;
        return Ok(Exit::Allow);
    }
    let revision = local::revision(session)?;
    match format {
        DocsFormat::Markdown => session.printer.out(&page(&revision))?,
    }
    Ok(Exit::Allow)
}
