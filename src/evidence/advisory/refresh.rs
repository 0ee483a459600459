//! Advisories that come by themselves: a folder that is watched, and mirrors that are asked now and then.
//!
//! What mirrors answer is kept as files in the data folder, so that a mirror that is down takes nothing away. Everything is
//! imported together and moved into place whole; while anything is broken, the last good data stays in force.

mod mirror;
mod state;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

pub use mirror::MirrorClient;
pub use state::{MirrorState, RefreshState, Refused};

use super::import::{ImportLimits, import};
use super::{Records, snapshot};
use crate::domain::clock::{Clock, Timestamp};
use crate::domain::digest::Digest;
use crate::domain::error::Error;

/// What mirrors say is still the newest counts as imported today, at most this often.
const CONFIRM_AFTER_DAYS: i64 = 1;
/// Files and folders that are looked at in a watched folder.
const MAX_WATCHED: usize = 2_000_000;

/// What is wrong at the moment, shared with whoever tells it.
#[derive(Clone, Debug, Default)]
pub struct Troubles(Arc<Mutex<Vec<String>>>);

impl Troubles {
    /// What is wrong, one line each.
    pub fn told(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn replace(&self, troubles: Vec<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = troubles;
    }
}

/// Where advisories come from by themselves, and where they go.
#[derive(Debug)]
pub struct Refresh {
    /// A folder with what databases publish.
    pub folder: Option<PathBuf>,
    /// Addresses of files that databases publish.
    pub mirrors: Vec<String>,
    /// Where answers of mirrors are kept.
    pub kept: PathBuf,
    /// The file that is put into place.
    pub file: PathBuf,
    /// Bounds of an import.
    pub limits: ImportLimits,
    /// Who asks mirrors.
    pub client: MirrorClient,
    /// When now is.
    pub clock: Arc<dyn Clock>,
    /// What is wrong at the moment.
    pub troubles: Troubles,
}

/// What one look changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Nothing.
    Same,
    /// What mirrors said is still the newest.
    Confirmed,
    /// Other advisories are in force.
    Swapped,
}

impl Refresh {
    /// Asks the mirrors, looks at the folder, and puts what is new into place. It blocks, and must be called where that may be
    /// done, below a runtime.
    ///
    /// # Errors
    /// `Unavailable` when the data folder cannot be written to. What is wrong with a source is told in the troubles.
    pub fn look(&self, ask_mirrors: bool) -> Result<Look, Error> {
        fs::create_dir_all(&self.kept).map_err(|cause| unwritable(&self.kept, &cause))?;
        let before = RefreshState::read(&self.kept);
        let mut state = before.clone();
        state.mirrors.retain(|address, _| self.mirrors.contains(address));
        let now = self.clock.now();
        if ask_mirrors {
            for address in &self.mirrors {
                let known = state.mirrors.entry(address.clone()).or_default();
                known.fault = mirror::ask(self, address, known, now).err();
            }
        }
        state.folder_fault = None;
        let look = match self.inputs(&mut state) {
            Ok(inputs) => self.take(&mut state, &inputs, now)?,
            Err(_still_changing) => Look::Same,
        };
        if state != before {
            state.write(&self.kept)?;
        }
        self.troubles.replace(state.troubles());
        Ok(look)
    }

    /// The files to import and what tells them from others; an error while the folder is being written to.
    fn inputs(&self, state: &mut RefreshState) -> Result<Inputs, StillChanging> {
        let mut paths: Vec<PathBuf> = Vec::new();
        let mut stamp = String::new();
        for known in state.mirrors.values() {
            if let Some(file) = &known.file {
                paths.push(self.kept.join(file));
                stamp.push_str(&known.digest.map(|digest| digest.to_string()).unwrap_or_default());
            }
        }
        if let Some(folder) = &self.folder {
            let mut seen = Vec::new();
            match watched(folder, &mut seen) {
                Ok(()) => {
                    let folder_stamp = Digest::of(seen.join("\n").as_bytes());
                    let is_settled = state.folder == Some(folder_stamp);
                    state.folder = Some(folder_stamp);
                    if !is_settled {
                        // A file that is being copied has another length at the next look.
                        return Err(StillChanging);
                    }
                    stamp.push_str(&folder_stamp.to_string());
                    if !seen.is_empty() {
                        paths.push(folder.clone());
                    }
                }
                Err(cause) => {
                    state.folder_fault =
                        Some(format!("cannot read the folder `{}`: {cause}", folder.display()));
                    return Err(StillChanging);
                }
            }
        }
        Ok(Inputs { paths, stamp: Digest::of(stamp.as_bytes()) })
    }

    fn take(
        &self,
        state: &mut RefreshState,
        inputs: &Inputs,
        now: Timestamp,
    ) -> Result<Look, Error> {
        let refused = state.refused.take().filter(|refused| refused.stamp == inputs.stamp);
        if inputs.paths.is_empty() {
            return Ok(Look::Same);
        }
        if refused.is_some() {
            state.refused = refused;
            return Ok(Look::Same);
        }
        if state.imported == Some(inputs.stamp) && self.file.exists() {
            return self.confirm(state, now);
        }
        match whole(&inputs.paths, &self.limits) {
            Ok(records) => {
                let digest = snapshot::write(&self.file, &records, now)?;
                state.imported = Some(inputs.stamp);
                let n_advisories = records.advisories.len();
                tracing::info!(n_advisories, %digest, "Other advisories are in force");
                Ok(Look::Swapped)
            }
            Err(reason) => {
                state.refused = Some(Refused { stamp: inputs.stamp, reason });
                Ok(Look::Same)
            }
        }
    }

    /// What every mirror calls its newest is as fresh as a new import.
    fn confirm(&self, state: &RefreshState, now: Timestamp) -> Result<Look, Error> {
        let is_newest = |known: &MirrorState| known.fault.is_none() && known.confirmed == Some(now);
        if state.mirrors.is_empty() || !state.mirrors.values().all(is_newest) {
            return Ok(Look::Same);
        }
        let imported = snapshot::imported(&self.file);
        if imported.is_some_and(|then| now.as_days() - then.as_days() < CONFIRM_AFTER_DAYS) {
            return Ok(Look::Same);
        }
        snapshot::confirm(&self.file, now)?;
        Ok(Look::Confirmed)
    }
}

struct Inputs {
    paths: Vec<PathBuf>,
    stamp: Digest,
}

struct StillChanging;

/// Everything at `paths`, or why it is not whole: half a file must not stand in for the one before.
fn whole(paths: &[PathBuf], limits: &ImportLimits) -> Result<Records, String> {
    let texts: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    let (records, report) = import(&texts, limits).map_err(|error| error.external().to_owned())?;
    for (name, reason) in &report.bad {
        tracing::warn!(name, reason, "A record of an advisory was left out");
    }
    if let Some((name, reason)) = report.broken.first() {
        return Err(format!("`{name}` is not whole: {reason}"));
    }
    if records == Records::default() {
        return Err(format!("there is no advisory in {}", texts.join(", ")));
    }
    Ok(records)
}

/// Every file below a folder, with its length and the time of its last change, in the order of the names.
fn watched(folder: &Path, seen: &mut Vec<String>) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        if seen.len() >= MAX_WATCHED || name.to_string_lossy().starts_with('.') {
            continue;
        }
        let kind = entry.file_type()?;
        if kind.is_dir() {
            watched(&entry.path(), seen)?;
        } else if kind.is_file() {
            let file = entry.metadata()?;
            let changed = file.modified()?.duration_since(SystemTime::UNIX_EPOCH);
            let nanos = changed.map_or(0, |since| since.as_nanos());
            seen.push(format!("{} {} {nanos}", entry.path().display(), file.len()));
        }
    }
    Ok(())
}

fn unwritable(place: &Path, cause: &io::Error) -> Error {
    Error::unavailable(format!("cannot write to `{}`", place.display()), cause.to_string())
        .with_help("make the data folder writable, or name another one with `--data DIR`")
}
