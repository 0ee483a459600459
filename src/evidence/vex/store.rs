//! The documents that an operator took in: one file, read in one go, swapped whole.
//!
//! A head of 40 bytes (a mark and the digest of what follows), then postcard.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::domain::clock::Timestamp;
use crate::domain::digest::Digest;
use crate::domain::error::Error;
use crate::domain::vex::VexDocument;

/// The last byte counts the changes of the form; another one is refused and taken in anew.
const MARK: &[u8; 8] = b"GGVEX\n\0\x01";
const HEAD_BYTES: usize = 40;

/// A document that was taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// The file that it was read from.
    pub source: String,
    /// When.
    pub time: Timestamp,
    /// The document.
    pub document: VexDocument,
}

/// Adds documents: of equal id and author the new one stands. The order is that of author and id.
pub fn joined(earlier: Vec<Taken>, newer: Vec<Taken>) -> Vec<Taken> {
    let key = |taken: &Taken| (taken.document.author.clone(), taken.document.id.clone());
    let all = earlier.into_iter().chain(newer);
    let by_key: std::collections::BTreeMap<_, _> = all.map(|taken| (key(&taken), taken)).collect();
    by_key.into_values().collect()
}

/// Writes the documents beside `path` and moves them into its place, so that a reader sees the old ones or the new ones.
///
/// # Errors
/// `Unavailable` when the disk does not take them; the old ones stay.
pub fn write(path: &Path, documents: &[Taken]) -> Result<(), Error> {
    let unwritable = |cause: io::Error| {
        let place = path.display();
        Error::unavailable(
            format!("cannot write the VEX documents to `{place}`"),
            cause.to_string(),
        )
        .with_help("make the data folder writable, or name another one with `--data DIR`")
    };
    let body = postcard::to_allocvec(documents)
        .map_err(|cause| Error::internal_fault(format!("cannot encode VEX documents: {cause}")))?;
    let fresh = path.with_extension("new");
    // As every file of the data folder: for its owner alone.
    let mut file = OpenOptions::new();
    let file = file.write(true).create(true).truncate(true).mode(0o600).open(&fresh);
    let mut file = file.map_err(unwritable)?;
    file.write_all(MARK).map_err(unwritable)?;
    file.write_all(Digest::of(&body).as_bytes()).map_err(unwritable)?;
    file.write_all(&body).map_err(unwritable)?;
    file.sync_all().map_err(unwritable)?;
    fs::rename(&fresh, path).map_err(unwritable)?;
    if let Some(folder) = path.parent() {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(unwritable)?;
    }
    Ok(())
}

/// Reads the documents back; none when nothing was taken in yet.
///
/// # Errors
/// `Unavailable` when the file is there but damaged, of another form, or cannot be read.
pub fn read(path: &Path) -> Result<Vec<Taken>, Error> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(cause) => return Err(unreadable(path, &cause.to_string())),
    };
    parse(&bytes).map_err(|why| unreadable(path, why))
}

fn parse(bytes: &[u8]) -> Result<Vec<Taken>, &'static str> {
    const SHORT: &str = "the file is cut off";
    let (head, body) = bytes.split_at_checked(HEAD_BYTES).ok_or(SHORT)?;
    let (mark, digest) = head.split_first_chunk::<8>().ok_or(SHORT)?;
    if mark != MARK {
        return Err("this is no file of VEX documents, or another version of goldgate wrote it");
    }
    if digest != Digest::of(body).as_bytes().as_slice() {
        return Err("its digest is not that of its content");
    }
    postcard::from_bytes(body).map_err(|_broken| "it cannot be decoded")
}

fn unreadable(path: &Path, why: &str) -> Error {
    Error::unavailable(format!("cannot read the VEX documents in `{}`: {why}", path.display()), why)
        .with_help("move the file aside, and take them in anew with `goldgate vex import FILE…`")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::vex::VexFormat;

    fn taken(author: &str, id: &str, source: &str) -> Taken {
        Taken {
            source: source.to_owned(),
            time: Timestamp::from_millis(7),
            document: VexDocument {
                id: Arc::from(id),
                format: VexFormat::Openvex,
                author: Arc::from(author),
                time: None,
                statements: Vec::new(),
                skipped: Vec::new(),
            },
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vex.db");
        assert_eq!(read(&path).unwrap(), []);
        let documents = [taken("acme", "1", "a.json")];
        write(&path, &documents).unwrap();
        assert_eq!(read(&path).unwrap(), documents);
    }

    #[test]
    fn a_damaged_file_is_told_wherever_it_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vex.db");
        write(&path, &[taken("acme", "1", "a.json")]).unwrap();
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut broken = whole.clone();
            broken[at] ^= 1;
            assert!(parse(&broken).is_err(), "byte {at}");
            assert!(parse(&whole[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn of_equal_id_and_author_the_new_one_stands() {
        let earlier = vec![taken("acme", "1", "old"), taken("other", "1", "old")];
        let now = joined(earlier, vec![taken("acme", "1", "new")]);
        let sources: Vec<&str> = now.iter().map(|taken| taken.source.as_str()).collect();
        assert_eq!(sources, ["new", "old"]);
    }
}
