//! What our advisories say of a lock file is what the `rustsec` crate itself says of it.
//!
//! The advisories are small own ones, and the real database: the copy that `.ci/run` uses, or a newer one that
//! `GOLDGATE_ADVISORY_DB` names. By that are compared every crate that it knows, this repository's own lock files, and all below
//! `GOLDGATE_LOCK_FILES`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use goldgate::domain::advisory::AdvisoryKind;
use goldgate::domain::clock::Timestamp;
use goldgate::domain::digest::Digest;
use goldgate::domain::place::SourceFile;
use goldgate::evidence::advisory::{Database, ImportLimits, import};
use goldgate::intake::sbom;

/// `advisory package version`, of vulnerabilities alone.
type Found = BTreeSet<String>;

fn ours(database: &Database, lock: &Path) -> Found {
    let file = SourceFile::new("Cargo.lock", fs::read_to_string(lock).unwrap());
    let bill = sbom::read(&file).unwrap().unwrap();
    let matches = database.matches(std::slice::from_ref(&bill));
    let vulnerabilities =
        matches.iter().filter(|found| found.advisory.kind == AdvisoryKind::Vulnerability);
    vulnerabilities
        .flat_map(|found| {
            let component = &bill.components[found.component];
            let version = component.version.as_deref().unwrap_or_default();
            let ids = found.aliases.iter().chain([&found.advisory.id]);
            let ids = ids.filter(|id| id.starts_with("RUSTSEC-"));
            ids.map(|id| format!("{id} {} {version}", component.name)).collect::<Vec<_>>()
        })
        .collect()
}

fn theirs(database: &rustsec::Database, lock: &Path) -> Found {
    let lock = rustsec::Lockfile::load(lock).unwrap();
    let found = database.vulnerabilities(&lock);
    found
        .iter()
        .map(|one| format!("{} {} {}", one.advisory.id, one.package.name, one.package.version))
        .collect()
}

#[track_caller]
fn agree(advisories: &Path, locks: &[PathBuf]) -> usize {
    let paths = [advisories.display().to_string()];
    let (records, report) = import(&paths, &ImportLimits::default()).unwrap();
    assert_eq!(report.bad, []);
    let own = Database::new(&records, Timestamp::from_millis(0), Digest::of(b"")).unwrap();
    let other = rustsec::Database::open(advisories).unwrap();
    let mut n_found = 0;
    for lock in locks {
        let (ours, theirs) = (ours(&own, lock), theirs(&other, lock));
        assert_eq!(ours, theirs, "{}", lock.display());
        n_found += ours.len();
    }
    n_found
}

#[test]
fn our_matches_are_those_of_the_rustsec_crate() {
    let folder = super::cases().parent().unwrap().join("rustsec");
    let lock = folder.join("Cargo.lock");
    assert_eq!(agree(&folder.join("advisory-db"), &[lock]), 9);
}

#[test]
fn our_matches_are_those_of_the_rustsec_crate_on_the_real_database() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    let database = std::env::var_os("GOLDGATE_ADVISORY_DB").map_or_else(
        || {
            let packed = fs::File::open(root.join(".ci/rustsec.tar.zst")).unwrap();
            let unpacked = zstd::Decoder::new(packed).unwrap();
            tar::Archive::new(unpacked).unpack(folder.path()).unwrap();
            folder.path().to_owned()
        },
        PathBuf::from,
    );
    let old = folder.path().join("old.lock");
    fs::write(&old, lock_of_every_crate(&database)).unwrap();
    assert!(agree(&database, &[old]) > 1_000);
    let mut locks = vec![root.join("Cargo.lock"), root.join("fuzz/Cargo.lock")];
    if let Some(folder) = std::env::var_os("GOLDGATE_LOCK_FILES") {
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        locks.extend(files.filter(|file| file.extension().is_some_and(|ending| ending == "lock")));
    }
    agree(&database, &locks);
}

/// A lock file with several versions of every crate that the database knows.
fn lock_of_every_crate(database: &Path) -> String {
    let mut lock = String::from("version = 4\n");
    for folder in fs::read_dir(database.join("crates")).unwrap() {
        let name = folder.unwrap().file_name().into_string().unwrap();
        for version in ["0.1.0", "0.9.20", "1.0.0-alpha.1", "1.4.2", "3.0.1"] {
            let _ = write!(
                lock,
                "\n[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n"
            );
        }
    }
    lock
}
