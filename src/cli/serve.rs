//! x
use crate::cli::complaint::Failure;
use crate::cli::exit::Exit;
use crate::cli::session::Session;
/// x
pub fn run(session: &Session) -> Result<Exit, Failure> {
    Ok(Exit::Allow)
}
