//! `image import-policy`: policies of other verifiers, written anew as `images.yaml`.

use std::path::Path;

use crate::cli::args::ImportPolicyArgs;
use crate::cli::complaint::{Complaint, Failure};
use crate::cli::exit::Exit;
use crate::cli::session::Session;
use crate::config::import_policies;

/// Runs the verb. Nothing is written when something cannot be carried over.
///
/// # Errors
/// Every file that cannot be read, or everything that cannot be carried over.
pub(super) fn run(session: &Session, args: &ImportPolicyArgs) -> Result<Exit, Failure> {
    let mut texts = Vec::new();
    let mut unread = Vec::new();
    for path in &args.files {
        match std::fs::read_to_string(path) {
            Ok(text) => texts.push((path.as_path(), text)),
            Err(cause) => {
                let message = format!("cannot read `{}`: {cause}", path.display());
                unread.push(Complaint::new(message, "name a file of policies in YAML"));
            }
        }
    }
    if !unread.is_empty() {
        return Err(Failure(unread));
    }
    let written = import_policies(texts)?;
    match &args.output_file {
        Some(path) => write(path, &written)?,
        None => session.printer.out(&written)?,
    }
    Ok(Exit::Allow)
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|cause| {
        let message = format!("cannot write `{}`: {cause}", path.display());
        Complaint::new(message, "name a file in a folder that you may write to").into()
    })
}
