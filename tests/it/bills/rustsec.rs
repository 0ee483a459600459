//! What our advisories say of a lock file is what the `rustsec` crate itself says of it.
//!
//! The advisories are small own ones; `GOLDGATE_ADVISORY_DB` names a copy of the real database, and then this repository's own lock
//! file and all below `GOLDGATE_LOCK_FILES` are compared by that as well.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use goldgate::domain::advisory::AdvisoryKind;
use goldgate::domain::clock::Timestamp;
use goldgate::domain::digest::Digest;
use goldgate::domain::place::SourceFile;
use goldgate::evidence::advisory::{Database, ImportLimits, import};
use goldgate::intake::sbom;

use crate::component;

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
    let Some(database) = std::env::var_os("GOLDGATE_ADVISORY_DB") else {
        component::say("the real RustSec database", "GOLDGATE_ADVISORY_DB names no copy of it");
        return;
    };
    let mut locks = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")];
    if let Some(folder) = std::env::var_os("GOLDGATE_LOCK_FILES") {
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        locks.extend(files.filter(|file| file.extension().is_some_and(|ending| ending == "lock")));
    }
    agree(Path::new(&database), &locks);
}
