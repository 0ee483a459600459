//! x
use crate::cli::args::DocsFormat;
use crate::cli::complaint::Failure;
use crate::cli::exit::Exit;
use crate::cli::session::Session;
/// x
pub fn run(session: &Session, schema: bool, format: DocsFormat) -> Result<Exit, Failure> {
    Ok(Exit::Allow)
}
