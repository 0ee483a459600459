//! `image`: what the gate sees of an image.

mod import_policy;
mod verify;
mod verify_bundle;

use crate::cli::args::ImageVerb;
use crate::cli::complaint::Failure;
use crate::cli::exit::Exit;
use crate::cli::session::Session;

/// Runs the verb.
///
/// # Errors
/// When it could not be decided.
pub fn run(session: &Session, verb: &ImageVerb) -> Result<Exit, Failure> {
    match verb {
        ImageVerb::Verify(args) => verify::run(session, args),
        ImageVerb::ImportPolicy(args) => import_policy::run(session, args),
        ImageVerb::VerifyBundle(args) => verify_bundle::run(session, args),
    }
}
