//! x
use crate::cli::args::PolicyTestArgs;
use crate::cli::complaint::Failure;
use crate::cli::exit::Exit;
use crate::cli::session::Session;
/// x
pub fn run(session: &Session, args: &PolicyTestArgs) -> Result<Exit, Failure> {
    Ok(Exit::Allow)
}
