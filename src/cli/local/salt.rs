//! The salt that secrets are shown with.

use std::io::{self, Write as _};
use std::path::Path;

use crate::domain::digest::Digest;
use crate::domain::error::Error;

/// Bytes of a salt.
const SALT_BYTES: usize = 32;

/// What secrets are shown with: the data folder's own salt, so that equal secrets look equal in every decision of this
/// record. Without a folder that can be written to, one that lives as long as this process.
///
/// # Errors
/// `Internal` when the machine has no randomness.
pub fn salt(data: Option<&Path>) -> Result<Vec<u8>, Error> {
    if let Some(salt) = data.and_then(|folder| kept_salt(&folder.join("salt"))) {
        return Ok(salt);
    }
    new_salt()
}

fn new_salt() -> Result<Vec<u8>, Error> {
    let mut salt = vec![0; SALT_BYTES];
    getrandom::fill(&mut salt).map_err(|cause| {
        Error::internal_fault("cannot draw a random salt").with_source(cause.to_string())
    })?;
    Ok(salt)
}

/// Reads the salt at `path`, made when there is none. `None` when that is not possible.
fn kept_salt(path: &Path) -> Option<Vec<u8>> {
    match std::fs::read(path) {
        Ok(salt) => return (salt.len() == SALT_BYTES).then_some(salt),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
        Err(_) => return None,
    }
    // Written aside and linked, so that of several processes the first one wins and nobody reads half a salt.
    let salt = new_salt().ok()?;
    let name = Digest::of(&new_salt().ok()?).to_hex();
    let aside = path.with_file_name(format!("salt.{name}"));
    let written = private_file(&aside)
        .and_then(|mut file| file.write_all(&salt).and_then(|()| file.sync_all()));
    if written.is_ok() {
        // One that is there already is as good.
        let _first_wins = std::fs::hard_link(&aside, path);
    }
    let _left_behind = std::fs::remove_file(&aside);
    std::fs::read(path).ok().filter(|salt| salt.len() == SALT_BYTES)
}

#[cfg(unix)]
fn private_file(path: &Path) -> io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn private_file(path: &Path) -> io::Result<std::fs::File> {
    std::fs::OpenOptions::new().write(true).create_new(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_processes_that_make_the_salt_one_wins() {
        let folder = tempfile::tempdir().unwrap();
        let salts: Vec<Vec<u8>> = std::thread::scope(|scope| {
            let made: Vec<_> =
                (0..8).map(|_| scope.spawn(|| salt(Some(folder.path())).unwrap())).collect();
            made.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(salts.iter().all(|salt| salt.len() == SALT_BYTES && salt == &salts[0]));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn without_a_folder_each_salt_is_another() {
        assert_ne!(salt(None).unwrap(), salt(None).unwrap());
        assert_ne!(salt(Some(Path::new("/dev/null"))).unwrap(), salt(None).unwrap());
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_reads_the_salt() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        salt(Some(folder.path())).unwrap();
        let mode = std::fs::metadata(folder.path().join("salt")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
