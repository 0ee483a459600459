//! What the command line names, as artifacts.

use std::io::{IsTerminal as _, Read as _};

use crate::cli::complaint::{Complaint, Failure};
use crate::cli::session::Session;
use crate::cli::{local, worker};
use crate::domain::artifact::{Artifact, ArtifactOrigin};
use crate::domain::code::Code;
use crate::domain::digest::Digest;
use crate::intake::{self, Limits, Walked};
use crate::record::Store as _;

/// The path that stands for standard input.
const STDIN: &str = "-";

/// Codes of inputs of which nothing could be read: to judge the rest as if they were not there would be a guess.
const UNREADABLE: [&str; 11] = [
    "INPUT-AMBIGUOUS",
    "INPUT-DUPLICATE-KEY",
    "INPUT-EMPTY",
    "INPUT-JSON",
    "INPUT-LIMIT",
    "INPUT-NOT-A-MANIFEST",
    "INPUT-NOT-TEXT",
    "INPUT-SBOM",
    "INPUT-TEMPLATE",
    "INPUT-UNREADABLE",
    "INPUT-YAML",
];

/// Collects the files at `paths`; standard input is read when it is named.
///
/// # Errors
/// When a path cannot be read, or there is more than the limits allow.
pub fn collect(session: &Session, paths: &[String], limits: &Limits) -> Result<Walked, Failure> {
    let stdin = if paths.iter().any(|path| path == STDIN) {
        let stdin = std::io::stdin();
        if stdin.is_terminal() {
            session.printer.note("reading standard input, which ends with Ctrl-D");
        }
        let most = u64::try_from(limits.max_file_bytes).unwrap_or(u64::MAX).saturating_add(1);
        let mut content = Vec::new();
        stdin.lock().take(most).read_to_end(&mut content).map_err(|cause| {
            let message = format!("cannot read standard input: {cause}");
            Complaint::new(message, "pipe the manifests in, e.g. `cat app.yaml | goldgate check -`")
        })?;
        Some(content.into())
    } else {
        None
    };
    Ok(intake::walk(paths, stdin, limits)?)
}

/// Adds the bills of materials that are named apart: files, or digests of what the record keeps.
///
/// # Errors
/// When a file cannot be read, the record does not keep the digest, or it is no bill.
pub fn add_bills(
    session: &Session,
    named: &[String],
    limits: &Limits,
    artifacts: &mut Vec<Artifact>,
) -> Result<(), Failure> {
    for name in named {
        let found = match name.parse::<Digest>() {
            Ok(digest) => vec![kept(session, digest)?],
            Err(_no_digest) => intake::walk(std::slice::from_ref(name), None, limits)?.artifacts,
        };
        for artifact in found {
            // Beside a named file its catalogue entry is found, as beside any other.
            if artifact.origin == ArtifactOrigin::Named && !is_bill(&artifact) {
                let message = format!("`{name}` is no bill of materials that is known here");
                let help = "name a CycloneDX or SPDX document, a scanner's report, or a lock file by its own name";
                return Err(Complaint::new(message, help).into());
            }
            if artifacts.iter().all(|known| known.path != artifact.path) {
                artifacts.push(artifact);
            }
        }
    }
    Ok(())
}

fn is_bill(artifact: &Artifact) -> bool {
    std::str::from_utf8(&artifact.content)
        .is_ok_and(|text| intake::sbom::is_bill(&artifact.path, text))
}

/// What the record keeps under a digest.
fn kept(session: &Session, digest: Digest) -> Result<Artifact, Failure> {
    let store = local::existing_store(&session.config)?;
    let text = worker::run(|| async { store.blob(digest).await })?;
    let text = text.ok_or_else(|| {
        let message = format!("the record keeps nothing with the digest `{digest}`");
        Complaint::new(message, "name the file itself, e.g. `--sbom bom.cdx.json`")
    })?;
    let path = digest.to_string();
    Ok(Artifact { path, content: text.into(), origin: ArtifactOrigin::Named })
}

/// The finding that nothing was found at all: then there is nothing to decide about.
pub const NOTHING: &str = "INPUT-NOTHING";

/// Whether a finding of this code says that its file could not be read.
pub fn is_unreadable(code: &Code) -> bool {
    UNREADABLE.contains(&code.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unreadable_code_is_a_code_of_inputs() {
        let known: Vec<&str> =
            crate::domain::input_code::CODES.iter().map(|code| code.code).collect();
        assert!(known.contains(&NOTHING));
        assert!(UNREADABLE.iter().all(|code| known.contains(code)));
    }
}
