//! Bills of materials that the record keeps, named by their digest.

use super::Gate;
use crate::domain::artifact::{Artifact, ArtifactOrigin};
use crate::domain::digest::Digest;
use crate::domain::error::Error;
use crate::intake;

impl Gate {
    /// The bill that was handed in under `digest` with an earlier decision, as a file of the next request.
    ///
    /// # Errors
    /// `Invalid` when the record keeps nothing under it, or something else; those of the record; `Unavailable` without one.
    pub async fn kept_bill(&self, digest: Digest) -> Result<Artifact, Error> {
        let store = self.store().ok_or_else(|| {
            Error::unavailable("this gate keeps no record", "no store is configured")
        })?;
        let path = digest.to_string();
        let Some(text) = store.blob(digest).await? else {
            return Err(Error::invalid(format!("the record keeps no bill `{digest}`"))
                .with_help("hand the bill in with a check of the release first"));
        };
        // A lock file is known by its name alone, which the digest does not tell.
        if !intake::sbom::is_bill(&path, &text) {
            return Err(Error::invalid(format!("`{digest}` is no CycloneDX or SPDX document"))
                .with_help("name the digest of a bill of materials"));
        }
        Ok(Artifact { path, content: text.into(), origin: ArtifactOrigin::Named })
    }
}
