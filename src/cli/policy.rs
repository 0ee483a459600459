//! `policy`: look at, check and test policies.

mod capabilities;
mod dialect;
mod docs;
mod suite;
mod test;

use std::path::PathBuf;

use crate::cli::archive;
use crate::cli::args::{ListFormat, PolicyVerb};
use crate::cli::complaint::Failure;
use crate::cli::exit::Exit;
use crate::cli::explain::entry;
use crate::cli::local;
use crate::cli::print::{json as json_format, table, text};
use crate::cli::session::Session;

/// Runs the verb.
///
/// # Errors
/// When bundles cannot be loaded, or standard output cannot be written to.
pub fn run(session: &Session, verb: &PolicyVerb) -> Result<Exit, Failure> {
    match verb {
        PolicyVerb::List { format } => list(session, *format),
        PolicyVerb::Check { paths, strict, dialect, format } => {
            check(session, paths, *strict, (*dialect, *format))
        }
        PolicyVerb::Test(args) => test::run(session, args),
        PolicyVerb::Suite(args) => suite::run(session, args),
        PolicyVerb::Docs { schema, format } => docs::run(session, *schema, *format),
        PolicyVerb::Capabilities { format } => capabilities::run(session, *format),
    }
}

fn list(session: &Session, format: ListFormat) -> Result<Exit, Failure> {
    let environment = &session.config.environment.value;
    let policies = archive::policies_here(session)?;
    let policies = policies.iter();
    let text = match format {
        ListFormat::Json => {
            let items: Vec<_> =
                policies.map(|(policy, effect)| entry(policy, *effect, environment)).collect();
            json_format::page(&items, None)
        }
        ListFormat::Human => {
            let rows: Vec<Vec<String>> = policies
                .map(|(policy, effect)| {
                    vec![
                        policy.code.to_string(),
                        policy.severity.to_string(),
                        effect.as_str().to_owned(),
                        policy.scope.as_str().to_owned(),
                        policy.title.clone(),
                    ]
                })
                .collect();
            let effect = format!("IN {}", environment.as_str().to_uppercase());
            let head = ["CODE", "SEVERITY", effect.as_str(), "LOOKS AT", "TITLE"];
            table::render(&head, &rows, session.printer.look())
        }
    };
    session.printer.out(&text)?;
    Ok(Exit::Allow)
}

fn check(
    session: &Session,
    paths: &[PathBuf],
    strict: bool,
    (says_dialects, format): (bool, ListFormat),
) -> Result<Exit, Failure> {
    // Bundles without such names, which is most of them, are loaded once.
    let (revision, unused) = match local::strict_revision(session, paths) {
        Ok(revision) => (revision, Vec::new()),
        Err(Failure(faults)) => (local::revision_with(session, paths)?, faults),
    };
    if strict && !unused.is_empty() {
        return Err(Failure(unused));
    }
    for complaint in &unused {
        session.printer.warning(complaint);
    }
    if says_dialects || format == ListFormat::Json {
        let look = session.printer.look();
        session.printer.out(&dialect::show(&revision, format, look))?;
        return Ok(Exit::Allow);
    }
    let count = text::counted(revision.policies().len(), "policy").replace("policys", "policies");
    let reference = revision.reference();
    session.printer.out(&format!("{count}, revision {} ({})\n", reference.id, reference.digest))?;
    Ok(Exit::Allow)
}
