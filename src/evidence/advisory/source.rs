//! The source of advisories: the imported file, opened when a release first has components, and again when it changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, RwLock};
use std::time::SystemTime;

use super::database::{self, Database};
use super::refresh::Troubles;
use super::snapshot;
use crate::domain::advisory::AdvisoryFacts;
use crate::domain::digest::Digest;
use crate::domain::error::Error;
use crate::domain::evidence::EvidenceSet;
use crate::domain::release::Release;
use crate::evidence::Source;

/// Which file was read: another import has another time or length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    n_bytes: u64,
}

#[derive(Clone, Debug, Default)]
struct Opened {
    stamp: Option<Stamp>,
    database: Option<Arc<Database>>,
    fault: Option<String>,
}

/// Judges the components of a release by the advisories in a file.
///
/// A file that is damaged keeps the last good database in force and says so in the facts.
#[derive(Debug)]
pub struct AdvisorySource {
    path: PathBuf,
    opened: RwLock<Opened>,
    troubles: Troubles,
}

impl AdvisorySource {
    /// Makes a source of the file that `goldgate advisories import` writes. It need not exist yet.
    pub fn new(path: PathBuf) -> Self {
        Self { path, opened: RwLock::default(), troubles: Troubles::default() }
    }

    /// The same source, beside what gets the file by itself and tells its troubles.
    #[must_use]
    pub fn with_troubles(self, troubles: Troubles) -> Self {
        Self { troubles, ..self }
    }

    /// The advisories in force.
    fn current(&self) -> Opened {
        let stamp = fs::metadata(&self.path)
            .ok()
            .map(|file| Stamp { modified: file.modified().ok(), n_bytes: file.len() });
        {
            let opened = self.opened.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            if opened.stamp.is_some() && opened.stamp == stamp {
                return opened.clone();
            }
        }
        let mut opened = self.opened.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if opened.stamp.is_none() || opened.stamp != stamp {
            match snapshot::open(&self.path) {
                Ok(database) => {
                    *opened = Opened { stamp, database: database.map(Arc::new), fault: None };
                }
                Err(error) => {
                    tracing::error!(error = error.internal(), "Cannot read the advisories");
                    opened.stamp = stamp;
                    opened.fault = Some(error.external().to_owned());
                }
            }
        }
        opened.clone()
    }
}

/// A number for the file as it lies there now; none when there is no such file.
pub(in crate::evidence) fn edition_of(path: &Path) -> Option<u64> {
    let file = fs::metadata(path).ok()?;
    let since = file.modified().ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    let parts = [since.as_nanos().to_le_bytes().as_slice(), &file.len().to_le_bytes()].concat();
    Digest::of(&parts).as_bytes().first_chunk::<8>().copied().map(u64::from_le_bytes)
}

impl Source for AdvisorySource {
    fn name(&self) -> &'static str {
        "advisories"
    }

    fn edition(&self) -> Option<u64> {
        edition_of(&self.path)
    }

    fn n_troubles(&self) -> usize {
        let opened = self.opened.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.troubles.told().len() + usize::from(opened.fault.is_some())
    }

    fn gather<'a>(
        &'a self,
        release: &'a Release,
        known: &'a EvidenceSet,
    ) -> Pin<Box<dyn Future<Output = Result<EvidenceSet, Error>> + Send + 'a>> {
        Box::pin(async move {
            if release.sboms.is_empty() {
                return Ok(EvidenceSet::default());
            }
            let Opened { database, fault, .. } = self.current();
            if let Some(told) = &known.advisories
                && told.database.as_ref() == database.as_deref().map(Database::facts)
                && told.fault == fault
            {
                // They were asked before, about all of its components.
                return Ok(EvidenceSet::default());
            }
            let facts = AdvisoryFacts {
                // What scanners report counts without any advisories of our own.
                matches: database::matches(database.as_deref(), &release.sboms),
                database: database.map(|database| database.facts().clone()),
                ..AdvisoryFacts::default()
            };
            Ok(EvidenceSet {
                advisories: Some(AdvisoryFacts { fault, ..facts }),
                ..EvidenceSet::default()
            })
        })
    }
}
