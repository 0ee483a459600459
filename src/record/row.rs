//! What a row holds: a decision with all that its scorecard was made of, as compressed JSON.

use std::cell::RefCell;
use std::fmt;

use serde::{Deserialize, Serialize};
use zstd::zstd_safe::{self, CCtx, CDict, DCtx, DDict};

use crate::domain::code::{Code, Severity};
use crate::domain::decision::Decision;
use crate::domain::digest::Digest;
use crate::domain::error::{Error, ErrorKind};
use crate::domain::finding::Finding;
use crate::domain::request::Trigger;
use crate::domain::scorecard::{PolicyState, Standing};
use crate::record::{Blob, Draft};

/// Costs 1.5 µs more than level -5 on a decision of a dozen findings and leaves 22 % less to be written and synced;
/// level 1 costs 3 µs more again for another 19 %. A dictionary makes more of a difference than any level.
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
    pub(super) fn pack(draft: &Draft, dictionary: Option<&Dictionary>) -> Result<Vec<u8>, Error> {
        let file = |blob: &Blob| RecordedFile { path: blob.path.clone(), digest: blob.digest };
        let text = json(&BodyRef {
            decision: &draft.decision,
            states: draft.states.iter().map(state_ref).collect(),
            team: &draft.team,
            system: &draft.system,
            files: draft.blobs.iter().map(file).collect(),
        })?;
        compress(text.as_bytes(), dictionary)
    }

    /// What [`Self::pack`] made with the same dictionary.
    pub(super) fn unpack(bytes: &[u8], dictionary: Option<&Dictionary>) -> Result<Self, Error> {
        parse(&decompress(bytes, dictionary)?)
    }

    /// Text that rows of decisions like these will share, without who asked for them.
    pub(super) fn shared_text(
        decision: &Decision,
        states: &[PolicyState],
        findings: Vec<Finding>,
    ) -> Result<String, Error> {
        let (trigger, notes) = (Trigger::default(), Vec::new());
        let decision = Decision { trigger, findings, notes, ..decision.clone() };
        json(&BodyRef {
            decision: &decision,
            states: states.iter().map(state_ref).collect(),
            team: "",
            system: "",
            files: Vec::new(),
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

/// Text that many rows share. Against it only what is new in a row is written: a third of the bytes, in less time.
pub(super) struct Dictionary {
    /// Under which it is stored.
    pub(super) id: i64,
    encoder: CDict<'static>,
    decoder: DDict<'static>,
}

impl Dictionary {
    /// Prepares the dictionary `text`, stored under `id`.
    pub(super) fn new(id: i64, text: &[u8]) -> Result<Self, Error> {
        let (encoder, decoder) = (CDict::try_create(text, LEVEL), DDict::try_create(text));
        let (Some(encoder), Some(decoder)) = (encoder, decoder) else {
            return Err(Error::internal_fault("cannot prepare a dictionary of rows"));
        };
        Ok(Self { id, encoder, decoder })
    }
}

impl fmt::Debug for Dictionary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dictionary").field("id", &self.id).finish_non_exhaustive()
    }
}

fn state_ref(state: &PolicyState) -> (&Code, Severity, Standing) {
    (&state.code, state.severity, state.standing)
}

/// The compressed JSON of `value`.
pub(super) fn pack(value: &impl Serialize) -> Result<Vec<u8>, Error> {
    compress(json(value)?.as_bytes(), None)
}

/// What [`pack`] made.
pub(super) fn unpack<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<T, Error> {
    parse(&decompress(bytes, None)?)
}

fn parse<T: for<'de> Deserialize<'de>>(text: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(text).map_err(|cause| damaged().with_source(cause))
}

/// The JSON of `value`.
pub(super) fn json(value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value)
        .map_err(|cause| Error::internal_fault("cannot write a row as JSON").with_source(cause))
}

thread_local! {
    // Making a context costs more than a decision does.
    static COMPRESSOR: RefCell<Option<CCtx<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<DCtx<'static>>> = const { RefCell::new(None) };
}

/// `bytes`, compressed.
pub(super) fn compress(bytes: &[u8], dictionary: Option<&Dictionary>) -> Result<Vec<u8>, Error> {
    let mut compressed = Vec::with_capacity(zstd_safe::compress_bound(bytes.len()));
    let done = COMPRESSOR.with_borrow_mut(|slot| {
        let context = match slot {
            Some(context) => context,
            None => slot.insert(CCtx::try_create()?),
        };
        Some(match dictionary {
            Some(known) => context.compress_using_cdict(&mut compressed, bytes, &known.encoder),
            None => context.compress(&mut compressed, bytes, LEVEL),
        })
    });
    match done {
        Some(Ok(_)) => {
            compressed.shrink_to_fit();
            Ok(compressed)
        }
        Some(Err(code)) => Err(Error::internal_fault(format!(
            "cannot compress a row: {}",
            zstd_safe::get_error_name(code)
        ))),
        None => Err(Error::internal_fault("cannot compress a row: no memory")),
    }
}

/// What [`compress`] made with the same dictionary.
pub(super) fn decompress(bytes: &[u8], dictionary: Option<&Dictionary>) -> Result<Vec<u8>, Error> {
    let size = zstd_safe::get_frame_content_size(bytes)
        .ok()
        .flatten()
        .and_then(|size| usize::try_from(size).ok())
        .filter(|size| *size <= MAX_ROW_BYTES)
        .ok_or_else(damaged)?;
    let mut text = Vec::with_capacity(size);
    let done = DECOMPRESSOR.with_borrow_mut(|slot| {
        let context = match slot {
            Some(context) => context,
            None => slot.insert(DCtx::try_create()?),
        };
        Some(match dictionary {
            Some(known) => context.decompress_using_ddict(&mut text, bytes, &known.decoder),
            None => context.decompress(&mut text, bytes),
        })
    });
    match done {
        Some(Ok(_)) => Ok(text),
        Some(Err(code)) => Err(damaged().with_internal(zstd_safe::get_error_name(code))),
        None => Err(Error::internal_fault("cannot read a row: no memory")),
    }
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
            let dictionary = Dictionary::new(1, b"a text that rows share").unwrap();
            for dictionary in [None, Some(&dictionary)] {
                let packed = compress(&bytes, dictionary).unwrap();
                prop_assert_eq!(&decompress(&packed, dictionary).unwrap(), &bytes);
            }
        }

        #[test]
        fn a_damaged_row_is_an_error(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
            prop_assert!(Body::unpack(&bytes, None).is_err());
        }
    }
}
