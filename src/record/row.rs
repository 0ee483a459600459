//! What a row holds: a decision with all that its scorecard was made of, as compressed JSON.

use std::cell::RefCell;
use std::io;

use serde::{Deserialize, Serialize};
use zstd::bulk::{Compressor, Decompressor};

use crate::domain::code::{Code, Severity};
use crate::domain::decision::Decision;
use crate::domain::digest::Digest;
use crate::domain::error::{Error, ErrorKind};
use crate::domain::scorecard::{PolicyState, Standing};
use crate::record::{Blob, Draft};

/// Costs 1.5 µs more than level -5 on a decision of a dozen findings and leaves 22 % less to be written and synced;
/// level 1 costs 3 µs more again for another 19 %.
const LEVEL: i32 = -1;

/// No row is larger than this once it is decompressed: a damaged length must not take the memory.
const MAX_ROW_BYTES: usize = 512 * 1024 * 1024;

/// A file that a decision looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordedFile {
    /// The path by which its author knows it.
    pub path: String,
    /// Digest of the bytes as handed in; their text is found under it.
    pub digest: Digest,
}

/// A decision and what its scorecard was made of.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Body {
    pub(super) decision: Decision,
    #[serde(default)]
    states: Vec<(Code, Severity, Standing)>,
    #[serde(default)]
    pub(super) team: String,
    #[serde(default)]
    pub(super) system: String,
    #[serde(default)]
    pub(super) files: Vec<RecordedFile>,
}

#[derive(Serialize)]
struct BodyRef<'d> {
    decision: &'d Decision,
    states: Vec<(&'d Code, Severity, Standing)>,
    #[serde(skip_serializing_if = "str::is_empty")]
    team: &'d str,
    #[serde(skip_serializing_if = "str::is_empty")]
    system: &'d str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<RecordedFile>,
}

impl Body {
    /// The row of a draft whose decision has no scorecard yet.
    pub(super) fn of(draft: &Draft) -> Result<Vec<u8>, Error> {
        let file = |blob: &Blob| RecordedFile { path: blob.path.clone(), digest: blob.digest };
        pack(&BodyRef {
            decision: &draft.decision,
            states: draft
                .states
                .iter()
                .map(|state| (&state.code, state.severity, state.standing))
                .collect(),
            team: &draft.team,
            system: &draft.system,
            files: draft.blobs.iter().map(file).collect(),
        })
    }

    /// How each policy came out.
    pub(super) fn states(&self) -> Vec<PolicyState> {
        let state = |(code, severity, standing): &(Code, Severity, Standing)| PolicyState {
            code: code.clone(),
            severity: *severity,
            standing: *standing,
        };
        self.states.iter().map(state).collect()
    }
}

/// The compressed JSON of `value`.
pub(super) fn pack(value: &impl Serialize) -> Result<Vec<u8>, Error> {
    compress(json(value)?.as_bytes())
}

/// What [`pack`] made.
pub(super) fn unpack<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(&decompress(bytes)?).map_err(|cause| damaged().with_source(cause))
}

/// The JSON of `value`.
pub(super) fn json(value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value)
        .map_err(|cause| Error::internal_fault("cannot write a row as JSON").with_source(cause))
}

thread_local! {
    // Making a context costs more than a decision does.
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// `bytes`, compressed.
pub(super) fn compress(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let compressed: io::Result<Vec<u8>> = COMPRESSOR.with_borrow_mut(|slot| match slot {
        Some(compressor) => compressor.compress(bytes),
        None => slot.insert(Compressor::new(LEVEL)?).compress(bytes),
    });
    compressed.map_err(|cause| Error::internal_fault("cannot compress a row").with_source(cause))
}

/// What [`compress`] made.
pub(super) fn decompress(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let size = zstd::zstd_safe::get_frame_content_size(bytes)
        .ok()
        .flatten()
        .and_then(|size| usize::try_from(size).ok())
        .filter(|size| *size <= MAX_ROW_BYTES)
        .ok_or_else(damaged)?;
    let text: io::Result<Vec<u8>> = DECOMPRESSOR.with_borrow_mut(|slot| match slot {
        Some(decompressor) => decompressor.decompress(bytes, size),
        None => slot.insert(Decompressor::new()?).decompress(bytes, size),
    });
    text.map_err(|cause| damaged().with_source(cause))
}

/// The error of a row that does not hold what was written.
pub(super) fn damaged() -> Error {
    Error::new(ErrorKind::Internal, "the record is damaged: a row cannot be read")
        .with_help("restore the data folder from a backup, or set it aside and begin a new one")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_compressed_reads_back(bytes in prop::collection::vec(any::<u8>(), 0..4096)) {
            prop_assert_eq!(decompress(&compress(&bytes).unwrap()).unwrap(), bytes);
        }

        #[test]
        fn a_damaged_row_is_an_error(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
            prop_assert!(unpack::<Body>(&bytes).is_err());
        }
    }
}
