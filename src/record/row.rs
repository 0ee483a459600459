//! What a row holds: a decision with all that its scorecard was made of, as compressed JSON.

use std::cell::RefCell;
use std::fmt;

use serde::{Deserialize, Serialize};
use zstd::zstd_safe::{self, CCtx, CDict, DCtx, DDict};

use crate::domain::code::{Code, Severity};
use crate::domain::decision::Decision;
use crate::domain::digest::Digest;
use crate::domain::error::{Error, ErrorKind};
use crate::domain::scorecard::{PolicyState, Standing};
use crate::record::roster::{Roster, Told};
use crate::record::{Blob, Draft};

/// Costs 1.5 µs more than level -5 on a decision of a dozen findings and leaves 22 % less to be written and synced;
/// level 1 costs 3 µs more again for another 19 %. A dictionary makes more of a difference than any level.
const LEVEL: i32 = -1;

/// Memory that a thread keeps for the next row, of each kind.
const KEPT_BYTES: usize = 256 * 1024;

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
#[derive(Clone, Debug)]
pub(super) struct Body {
    pub(super) decision: Decision,
    /// How each policy came out.
    pub(super) states: Vec<PolicyState>,
    pub(super) team: String,
    pub(super) system: String,
    pub(super) files: Vec<RecordedFile>,
}

/// A body as it is written. With a roster, findings and states are as short as it makes them.
#[derive(Serialize)]
struct Written<'d> {
    decision: &'d Decision,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<Told<'d>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    letters: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    states: Vec<(&'d Code, Severity, Standing)>,
    #[serde(skip_serializing_if = "str::is_empty")]
    team: &'d str,
    #[serde(skip_serializing_if = "str::is_empty")]
    system: &'d str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<RecordedFile>,
}

#[derive(Deserialize)]
struct Read {
    decision: Decision,
    #[serde(default)]
    findings: Vec<Told<'static>>,
    letters: Option<String>,
    #[serde(default)]
    states: Vec<(Code, Severity, Standing)>,
    #[serde(default)]
    team: String,
    #[serde(default)]
    system: String,
    #[serde(default)]
    files: Vec<RecordedFile>,
}

impl Body {
    /// The row of a draft whose decision has no scorecard yet.
    pub(super) fn pack(
        draft: &mut Draft,
        dictionary: Option<&Dictionary>,
    ) -> Result<Vec<u8>, Error> {
        let file = |blob: &Blob| RecordedFile { path: blob.path.clone(), digest: blob.digest };
        let files = draft.blobs.iter().map(file).collect();
        let roster = dictionary.and_then(|dictionary| dictionary.roster.as_ref());
        let Draft { decision, states, team, system, .. } = draft;
        with_text(|text| {
            write(text, roster, decision, states, (team, system), files)?;
            compress(text, dictionary)
        })
    }

    /// What [`Self::pack`] made with the same dictionary.
    pub(super) fn unpack(bytes: &[u8], dictionary: Option<&Dictionary>) -> Result<Self, Error> {
        let read: Read = parse(&decompress(bytes, dictionary)?)?;
        let Read { mut decision, findings, letters, states, team, system, files } = read;
        let none = Roster::default();
        let roster = dictionary.and_then(|dictionary| dictionary.roster.as_ref()).unwrap_or(&none);
        decision.findings.append(&mut roster.findings(findings).ok_or_else(damaged)?);
        let states = match letters {
            Some(letters) => roster.states(&letters).ok_or_else(damaged)?,
            None => states
                .into_iter()
                .map(|(code, severity, standing)| PolicyState { code, severity, standing })
                .collect(),
        };
        Ok(Self { decision, states, team, system, files })
    }

    /// Adds to `text` what rows of decisions like this one will share.
    pub(super) fn add_shared(
        text: &mut Vec<u8>,
        roster: &Roster,
        decision: &mut Decision,
        states: &[PolicyState],
    ) -> Result<(), Error> {
        write(text, Some(roster), decision, states, ("", ""), Vec::new())
    }
}

/// Writes a body as JSON.
fn write(
    text: &mut Vec<u8>,
    roster: Option<&Roster>,
    decision: &mut Decision,
    states: &[PolicyState],
    (team, system): (&str, &str),
    files: Vec<RecordedFile>,
) -> Result<(), Error> {
    let letters = roster.and_then(|roster| roster.letters(states));
    let states = if letters.is_some() { &[] } else { states };
    let states = states.iter().map(|state| (&state.code, state.severity, state.standing)).collect();
    // Told beside the decision, which is without them meanwhile.
    let findings =
        if roster.is_some() { std::mem::take(&mut decision.findings) } else { Vec::new() };
    let told = roster.map(|roster| roster.told(&findings)).unwrap_or_default();
    let written = Written { decision, findings: told, letters, states, team, system, files };
    let done = serde_json::to_writer(text, &written);
    if roster.is_some() {
        decision.findings = findings;
    }
    done.map_err(unwritten)
}

/// Text that many rows share. Against it only what is new in a row is written: a third of the bytes, in less time.
pub(super) struct Dictionary {
    /// Under which it is stored.
    pub(super) id: i64,
    /// What rows leave out beside the text; those of layout 1 leave out nothing.
    roster: Option<Roster>,
    encoder: CDict<'static>,
    decoder: DDict<'static>,
}

impl Dictionary {
    /// Prepares the dictionary `text`, stored under `id`.
    pub(super) fn new(id: i64, text: &[u8], roster: Option<Roster>) -> Result<Self, Error> {
        let (encoder, decoder) = (CDict::try_create(text, LEVEL), DDict::try_create(text));
        let (Some(encoder), Some(decoder)) = (encoder, decoder) else {
            return Err(Error::internal_fault("cannot prepare a dictionary of rows"));
        };
        Ok(Self { id, roster, encoder, decoder })
    }
}

impl fmt::Debug for Dictionary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dictionary").field("id", &self.id).finish_non_exhaustive()
    }
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
    serde_json::to_string(value).map_err(unwritten)
}

fn unwritten(cause: serde_json::Error) -> Error {
    Error::internal_fault("cannot write a row as JSON").with_source(cause)
}

/// Makes something of a text, in memory that is used again: growing it anew costs as much as filling it.
fn with_text<T>(make: impl FnOnce(&mut Vec<u8>) -> T) -> T {
    let mut text = TEXT.take();
    text.clear();
    let made = make(&mut text);
    if text.capacity() <= KEPT_BYTES {
        TEXT.set(text);
    }
    made
}

thread_local! {
    // Making a context costs more than a decision does.
    static COMPRESSOR: RefCell<Option<CCtx<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<DCtx<'static>>> = const { RefCell::new(None) };
    static TEXT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static PACKED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// `bytes`, compressed.
pub(super) fn compress(bytes: &[u8], dictionary: Option<&Dictionary>) -> Result<Vec<u8>, Error> {
    let mut room = PACKED.take();
    room.clear();
    room.reserve(zstd_safe::compress_bound(bytes.len()));
    let done = COMPRESSOR.with_borrow_mut(|slot| {
        let context = match slot {
            Some(context) => context,
            None => slot.insert(CCtx::try_create()?),
        };
        Some(match dictionary {
            Some(known) => context.compress_using_cdict(&mut room, bytes, &known.encoder),
            None => context.compress(&mut room, bytes, LEVEL),
        })
    });
    let compressed = room.as_slice().to_vec();
    if room.capacity() <= KEPT_BYTES {
        PACKED.set(room);
    }
    match done {
        Some(Ok(_)) => Ok(compressed),
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
            let dictionary = Dictionary::new(1, b"a text that rows share", None).unwrap();
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
