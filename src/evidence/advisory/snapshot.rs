//! The imported advisories on disk: one file, read in one go, swapped whole.
//!
//! A head of 56 bytes (a mark, the form's number, the time, the digest of what follows), then zstd over what [`super::packed`] makes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use super::database::{Database, Records};
use super::packed::{self, Packed};
use crate::domain::clock::Timestamp;
use crate::domain::digest::Digest;
use crate::domain::error::Error;

const MARK: &[u8; 8] = b"GGADVIS\n";
/// Counts the changes of the form; another one is refused and imported anew.
const FORM: u64 = 3;
const HEAD_BYTES: usize = 56;
/// Where the head says when it was imported.
const IMPORTED_AT: std::ops::Range<usize> = 16..24;
/// Far above what all of OSV needs, so that a small file cannot fill the memory.
const MAX_UNPACKED_BYTES: usize = 2 << 30;
const LEVEL: i32 = 3;

/// Writes the records beside `path` and moves them into its place, so that a reader sees the old ones or the new ones.
///
/// # Errors
/// `Unavailable` when the disk does not take them; the old ones stay.
pub fn write(path: &Path, records: &Records, imported: Timestamp) -> Result<Digest, Error> {
    let plain = packed::pack(records)
        .map_err(|cause| Error::internal_fault(format!("cannot encode the advisories: {cause}")))?;
    let packed = zstd::bulk::compress(&plain, LEVEL).map_err(|cause| unwritable(path, &cause))?;
    let digest = Digest::of(&packed);
    let mut head = Vec::with_capacity(HEAD_BYTES);
    head.extend_from_slice(MARK);
    head.extend_from_slice(&FORM.to_le_bytes());
    head.extend_from_slice(&imported.as_millis().to_le_bytes());
    head.extend_from_slice(digest.as_bytes());
    put(path, &[&head, &packed]).map_err(|cause| unwritable(path, &cause))?;
    Ok(digest)
}

/// Writes beside `path` and moves that into its place.
fn put(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let fresh = path.with_extension("new");
    // As every file of the data folder: for its owner alone.
    let mut file = OpenOptions::new();
    let mut file = file.write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
    for part in parts {
        file.write_all(part)?;
    }
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

fn unwritable(path: &Path, cause: &io::Error) -> Error {
    let place = path.display();
    Error::unavailable(format!("cannot write the advisories to `{place}`"), cause.to_string())
        .with_help("make the data folder writable, or name another one with `--data DIR`")
}

/// When what lies at `path` was imported; none when that cannot be told.
pub(super) fn imported(path: &Path) -> Option<Timestamp> {
    let mut head = [0; HEAD_BYTES];
    File::open(path).and_then(|mut file| file.read_exact(&mut head)).ok()?;
    let millis = head.get(IMPORTED_AT)?.first_chunk::<8>()?;
    (head.get(..8)? == MARK).then(|| Timestamp::from_millis(i64::from_le_bytes(*millis)))
}

/// Says that what lies at `path` is still the newest at `now`: the same file with another time, moved into its place.
///
/// # Errors
/// `Unavailable` when it cannot be read, or the disk does not take it.
pub(super) fn confirm(path: &Path, now: Timestamp) -> Result<(), Error> {
    let mut bytes = content(path)?.unwrap_or_default();
    parse(&bytes).map_err(|why| unreadable(path, why))?;
    if let Some(time) = bytes.get_mut(IMPORTED_AT) {
        time.copy_from_slice(&now.as_millis().to_le_bytes());
    }
    put(path, &[&bytes]).map_err(|cause| unwritable(path, &cause))
}

/// Reads the records back; none when nothing was imported yet.
///
/// # Errors
/// `Unavailable` when the file is there but damaged, of another form, or cannot be read.
pub fn read(path: &Path) -> Result<Option<(Records, Timestamp, Digest)>, Error> {
    let Some(bytes) = content(path)? else { return Ok(None) };
    let read = parse(&bytes)
        .and_then(|(packed, imported, digest)| Ok((packed.into_records()?, imported, digest)));
    read.map(Some).map_err(|why| unreadable(path, why))
}

/// Opens the database at `path`; none when nothing was imported yet.
///
/// # Errors
/// As [`read`].
pub fn open(path: &Path) -> Result<Option<Database>, Error> {
    let Some(bytes) = content(path)? else { return Ok(None) };
    let (packed, imported, digest) = parse(&bytes).map_err(|why| unreadable(path, why))?;
    Ok(Some(Database::of(packed, imported, digest)))
}

fn content(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(unreadable(path, &cause.to_string())),
    }
}

fn parse(bytes: &[u8]) -> Result<(Packed, Timestamp, Digest), &'static str> {
    const SHORT: &str = "the file is cut off";
    let (head, packed) = bytes.split_at_checked(HEAD_BYTES).ok_or(SHORT)?;
    let (mark, head) = head.split_first_chunk::<8>().ok_or(SHORT)?;
    let (form, head) = head.split_first_chunk::<8>().ok_or(SHORT)?;
    let (imported, head) = head.split_first_chunk::<8>().ok_or(SHORT)?;
    let (digest, _) = head.split_first_chunk::<32>().ok_or(SHORT)?;
    if mark != MARK {
        return Err("this is no file of advisories");
    }
    if u64::from_le_bytes(*form) != FORM {
        return Err("another version of goldgate wrote it");
    }
    let digest = Digest::from_bytes(*digest);
    if Digest::of(packed) != digest {
        return Err("its digest is not that of its content");
    }
    let plain = zstd::bulk::decompress(packed, unpacked_bytes(packed))
        .map_err(|_broken| "it cannot be unpacked")?;
    Ok((Packed::open(plain)?, Timestamp::from_millis(i64::from_le_bytes(*imported)), digest))
}

/// What the frame says, within reason.
fn unpacked_bytes(packed: &[u8]) -> usize {
    let said = zstd::zstd_safe::get_frame_content_size(packed).ok().flatten();
    said.and_then(|said| usize::try_from(said).ok())
        .unwrap_or(MAX_UNPACKED_BYTES)
        .min(MAX_UNPACKED_BYTES)
}

fn unreadable(path: &Path, why: &str) -> Error {
    Error::unavailable(format!("cannot read the advisories in `{}`: {why}", path.display()), why)
        .with_help("import them anew with `goldgate advisories import FILE…`")
}
