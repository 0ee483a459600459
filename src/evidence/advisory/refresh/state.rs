//! What is known of mirrors and folder between two looks, kept beside what mirrors answered.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::domain::clock::Timestamp;
use crate::domain::digest::Digest;
use crate::domain::error::Error;

/// The name of the file.
const FILE: &str = "state.json";

/// What is known between two looks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RefreshState {
    /// By address.
    pub mirrors: BTreeMap<String, MirrorState>,
    /// The folder as it was at the last look.
    pub folder: Option<Digest>,
    /// Why the folder could not be read.
    pub folder_fault: Option<String>,
    /// What was imported last.
    pub imported: Option<Digest>,
    /// What could not be imported; it is not tried again before it changes.
    pub refused: Option<Refused>,
}

/// Files that could not be imported together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// What tells them from others.
    pub stamp: Digest,
    /// Why not.
    pub reason: String,
}

/// What is known of one mirror.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MirrorState {
    /// The file with its last good answer.
    pub file: Option<String>,
    /// The digest of that file.
    pub digest: Option<Digest>,
    /// What it calls that answer.
    pub etag: Option<String>,
    /// When it says that answer was made.
    pub last_modified: Option<String>,
    /// When it last said that this is its newest.
    pub confirmed: Option<Timestamp>,
    /// Why its last answer was not taken.
    pub fault: Option<String>,
}

impl RefreshState {
    /// What was kept; nothing when it cannot be read, so that everything is asked for again.
    pub fn read(folder: &Path) -> Self {
        let text = fs::read(folder.join(FILE)).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), Error> {
        let text = serde_json::to_vec_pretty(self)
            .map_err(|cause| Error::internal_fault(format!("cannot encode a state: {cause}")))?;
        let fresh = folder.join("state.new");
        fs::write(&fresh, text)
            .and_then(|()| fs::rename(&fresh, folder.join(FILE)))
            .map_err(|cause| super::unwritable(folder, &cause))
    }

    /// What is wrong, one line each.
    pub fn troubles(&self) -> Vec<String> {
        let mirrors = self.mirrors.iter().filter_map(|(address, known)| {
            Some(format!("the mirror `{address}`: {}", known.fault.as_ref()?))
        });
        let refused = self.refused.as_ref().map(|refused| refused.reason.clone());
        mirrors.chain(self.folder_fault.clone()).chain(refused).collect()
    }
}
