//! `completions`: what a shell needs to complete the command line.

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::cli::args::Cli;
use crate::cli::complaint::Failure;
use crate::cli::exit::Exit;
use crate::cli::print::Printer;

/// Runs the verb.
///
/// # Errors
/// When standard output cannot be written to.
pub fn run(printer: Printer, shell: Shell) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "goldgate", &mut script);
    printer.out(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Allow)
}
