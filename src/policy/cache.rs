//! The compiled cache: what was compiled once is read back, as long as nothing that it depends on has changed.
//!
//! A file is called after its key, the digest of every text, of how it was loaded and of the build that compiled it. It
//! begins with a mark, the key, and the digest of the rest; whatever is not exactly so is as good as not there. It is no
//! secret and no proof: whoever may write into the data folder may write decisions there as well
//! (docs/adr/0016-compiled-cache.md).

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

use crate::domain::digest::Digest;

/// The last byte counts the changes of the form.
const MARK: &[u8; 8] = b"GGPOL\n\0\x01";
const DIGEST_BYTES: usize = 32;
const ENDING: &str = "policies";

/// A larger file is not read, and not written.
const MAX_BYTES: u64 = 256 * 1024 * 1024;
/// So many files are kept, the newest: a machine seldom has more sets of policies in use.
const MAX_FILES: usize = 16;
/// Those that are kept have so many bytes together, but for the newest one.
const MAX_TOTAL_BYTES: u64 = 512 * 1024 * 1024;

/// Others than the owner may write it.
const OTHERS_WRITE: u32 = 0o022;

/// A folder of compiled policies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cache<'f> {
    folder: &'f Path,
}

impl<'f> Cache<'f> {
    /// The cache in `folder`, which need not exist.
    pub(super) const fn of(folder: &'f Path) -> Self {
        Self { folder }
    }

    /// What is kept under `key`; `None` where there is nothing, or something that was damaged or that others may write.
    pub(super) fn read(self, key: &Digest) -> Option<Vec<u8>> {
        let bytes = match private_bytes(&self.path(key)) {
            Ok(bytes) => bytes,
            Err(cause) => {
                if cause.kind() != io::ErrorKind::NotFound {
                    tracing::debug!(%key, "The compiled policies cannot be read: {cause}");
                }
                return None;
            }
        };
        let body = body_of(bytes, key);
        if body.is_none() {
            tracing::info!(%key, "The compiled policies are damaged, so they are compiled anew");
        }
        body
    }

    /// Keeps `body` under `key`, and no more than fits.
    ///
    /// It is written aside and moved into its place, so that of several processes each reads a whole file. Nothing waits
    /// for the disk: a file that a crash tears has not the digest that it says.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn keep(self, key: &Digest, body: &[u8]) -> io::Result<()> {
        if body.len() as u64 > MAX_BYTES {
            return Err(io::Error::other("they are too large to be kept"));
        }
        match DirBuilder::new().mode(0o700).create(self.folder) {
            Err(cause) if cause.kind() != io::ErrorKind::AlreadyExists => return Err(cause),
            Ok(()) | Err(_) => {}
        }
        let aside = self.aside();
        let written = write_private(&aside, key, body)
            .and_then(|()| fs::rename(&aside, self.path(key)))
            .and_then(|()| self.make_room());
        if written.is_err() {
            let _left_behind = fs::remove_file(&aside);
        }
        written
    }

    fn path(self, key: &Digest) -> PathBuf {
        self.folder.join(key.to_hex()).with_extension(ENDING)
    }

    /// A name that nobody else writes to.
    fn aside(self) -> PathBuf {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        self.folder.join(format!("{}-{number}.new", std::process::id()))
    }

    /// Removes all but the newest files, with what a killed process left behind.
    fn make_room(self) -> io::Result<()> {
        let mut files: Vec<(SystemTime, PathBuf, u64)> = Vec::new();
        for entry in fs::read_dir(self.folder)? {
            let entry = entry?;
            // One that another process has just moved or removed is none of ours.
            if let Ok(metadata) = entry.metadata()
                && metadata.is_file()
            {
                files.push((metadata.modified()?, entry.path(), metadata.len()));
            }
        }
        files.sort_unstable_by(|one, other| other.cmp(one));
        let mut total = 0;
        for (place, (_, path, n_bytes)) in files.iter().enumerate() {
            total += n_bytes;
            if place >= MAX_FILES || (place > 0 && total > MAX_TOTAL_BYTES) {
                let _gone_already = fs::remove_file(path);
            }
        }
        Ok(())
    }
}

/// The bytes of a file that nobody but its owner may write.
fn private_bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.permissions().mode() & OTHERS_WRITE != 0 {
        return Err(io::Error::other("others may write them"));
    }
    if metadata.len() > MAX_BYTES {
        return Err(io::Error::other("they are too large"));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What stands behind the head, where the head is of this key and of this rest.
fn body_of(mut bytes: Vec<u8>, key: &Digest) -> Option<Vec<u8>> {
    let n_head = MARK.len() + 2 * DIGEST_BYTES;
    let (head, body) = bytes.split_at_checked(n_head)?;
    if head != head_of(key, body) {
        return None;
    }
    bytes.drain(..n_head);
    Some(bytes)
}

fn head_of(key: &Digest, body: &[u8]) -> Vec<u8> {
    [MARK.as_slice(), key.as_bytes(), Digest::of(body).as_bytes()].concat()
}

fn write_private(path: &Path, key: &Digest, body: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(&head_of(key, body))?;
    file.write_all(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: usize) -> Digest {
        Digest::of(&n.to_le_bytes())
    }

    fn files(folder: &Path) -> usize {
        fs::read_dir(folder).unwrap().count()
    }

    #[test]
    fn what_is_kept_is_read_under_its_own_key_alone() {
        let data = tempfile::tempdir().unwrap();
        let folder = data.path().join("compiled");
        let cache = Cache::of(&folder);
        assert!(cache.read(&key(1)).is_none());
        cache.keep(&key(1), b"one").unwrap();
        assert_eq!(cache.read(&key(1)).unwrap(), b"one");
        assert!(cache.read(&key(2)).is_none());
        fs::copy(cache.path(&key(1)), cache.path(&key(2))).unwrap();
        assert!(cache.read(&key(2)).is_none(), "a file under the name of another key");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&cache.path(&key(1)))), (0o700, 0o600));
    }

    #[test]
    fn each_changed_byte_and_each_cut_is_seen() {
        let data = tempfile::tempdir().unwrap();
        let cache = Cache::of(data.path());
        cache.keep(&key(1), b"some compiled policies").unwrap();
        let whole = fs::read(cache.path(&key(1))).unwrap();
        for place in 0..whole.len() {
            let mut changed = whole.clone();
            changed[place] ^= 1 << (place % 8);
            assert!(body_of(changed, &key(1)).is_none(), "byte {place}");
            assert!(body_of(whole[..place].to_vec(), &key(1)).is_none(), "cut at {place}");
        }
        assert!(body_of(whole, &key(1)).is_some());
    }

    #[test]
    fn what_others_may_write_is_not_read() {
        let data = tempfile::tempdir().unwrap();
        let cache = Cache::of(data.path());
        cache.keep(&key(1), b"one").unwrap();
        let open = fs::Permissions::from_mode(0o620);
        fs::set_permissions(cache.path(&key(1)), open).unwrap();
        assert!(cache.read(&key(1)).is_none());
    }

    #[test]
    fn only_the_newest_are_kept() {
        let data = tempfile::tempdir().unwrap();
        let cache = Cache::of(data.path());
        for n in 0..MAX_FILES + 5 {
            cache.keep(&key(n), b"x").unwrap();
        }
        assert_eq!(files(data.path()), MAX_FILES);
        assert!(cache.read(&key(MAX_FILES + 4)).is_some());
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_an_error_and_no_more() {
        let data = tempfile::tempdir().unwrap();
        let folder = data.path().join("missing/compiled");
        assert!(Cache::of(&folder).keep(&key(1), b"one").is_err());
        assert!(Cache::of(&folder).read(&key(1)).is_none());
    }
}
