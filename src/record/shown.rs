//! What of the artifacts is shown beside a decision.

use std::collections::BTreeSet;

use super::Store;
use crate::domain::decision::Decision;
use crate::domain::digest::Digest;
use crate::domain::error::Error;

/// A file as the record holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileText {
    /// The path by which its author knows it.
    pub path: String,
    /// Digest of the bytes as handed in.
    pub digest: Digest,
    /// The text with secrets replaced.
    pub text: String,
}

/// The files that findings of `decision` point into; those that the record no longer holds are left out.
///
/// # Errors
/// Those of the record.
pub async fn files_with_findings(
    store: &dyn Store,
    decision: &Decision,
) -> Result<Vec<FileText>, Error> {
    let findings = decision.findings.iter();
    let named: BTreeSet<&str> = findings.map(|finding| finding.location.file.as_str()).collect();
    let mut found = Vec::new();
    for file in store.files(decision.id).await?.unwrap_or_default() {
        if named.contains(file.path.as_str())
            && let Some(text) = store.blob(file.digest).await?
        {
            found.push(FileText { path: file.path, digest: file.digest, text });
        }
    }
    Ok(found)
}
