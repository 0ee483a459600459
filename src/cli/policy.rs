//! x
use crate::cli::args::PolicyVerb;
use crate::cli::complaint::Failure;
use crate::cli::exit::Exit;
use crate::cli::session::Session;
/// x
pub fn run(session: &Session, verb: &PolicyVerb) -> Result<Exit, Failure> {
    Ok(Exit::Allow)
}
