//! Advisories as their databases publish them: folders, archives and single files, read into records.
//!
//! A bad record is skipped and counted. Nothing of an archive is ever written, so a path that climbs out of it is a name
//! like any other.

mod list;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;

use super::database::Records;
use super::osv::{self, Read as Outcome};
use super::rustsec;
use crate::domain::advisory::Advisory;
use crate::domain::error::Error;
use list::Left;

/// Bounds of one import: far above what all of OSV needs, so that no archive can fill memory or disk.
#[derive(Clone, Copy, Debug)]
pub struct ImportLimits {
    /// Bytes of one record.
    pub max_record_bytes: u64,
    /// Bytes of one table of probabilities.
    pub max_table_bytes: u64,
    /// Bytes of everything, unpacked.
    pub max_total_bytes: u64,
    /// Number of files, in folders and in archives.
    pub max_files: usize,
}

impl Default for ImportLimits {
    fn default() -> Self {
        Self {
            max_record_bytes: 16 << 20,
            max_table_bytes: 256 << 20,
            max_total_bytes: 8 << 30,
            max_files: 2_000_000,
        }
    }
}

/// The first bad records are told one by one, the rest are only counted.
const MAX_TOLD: usize = 20;

/// What came of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Advisories that were taken.
    pub n_advisories: usize,
    /// Records that are withdrawn, about commits alone, or about something no bill lists.
    pub n_skipped: usize,
    /// The ids of those that are withdrawn.
    pub withdrawn: BTreeSet<Arc<str>>,
    /// CVEs that a catalogue says are exploited.
    pub n_exploited: usize,
    /// CVEs with a chance to be exploited.
    pub n_probabilities: usize,
    /// Files that are no record, whatever they are.
    pub n_other: usize,
    /// Records that could not be read.
    pub n_bad: usize,
    /// The first of them, each with the reason.
    pub bad: Vec<(String, String)>,
    /// The first files that end before their end: what stood before it was taken.
    pub broken: Vec<(String, String)>,
}

/// Reads everything at `paths`: folders, `.zip`, `.tar`, `.tar.gz`, `.tar.zst`, `.json`, `.md` and `.csv`.
///
/// # Errors
/// `Invalid` when a path cannot be read or an archive is broken, `TooLarge` when a limit is exceeded. A bad record is no
/// error: it is skipped and told in the report.
pub fn import(paths: &[String], limits: &ImportLimits) -> Result<(Records, ImportReport), Error> {
    let mut import = Import {
        limits: *limits,
        advisories: BTreeMap::new(),
        records: Records::default(),
        report: ImportReport::default(),
        n_files: 0,
        n_bytes: 0,
    };
    for path in paths {
        import.path(Path::new(path))?;
    }
    let Import { advisories, mut records, mut report, .. } = import;
    records.advisories = advisories.into_values().collect();
    report.n_advisories = records.advisories.len();
    report.n_exploited = records.exploited.len();
    report.n_probabilities = records.probabilities.len();
    Ok((records, report))
}

struct Import {
    limits: ImportLimits,
    /// By id: of equal ids the later one stands.
    advisories: BTreeMap<Arc<str>, Advisory>,
    records: Records,
    report: ImportReport,
    n_files: usize,
    n_bytes: u64,
}

impl Import {
    fn path(&mut self, path: &Path) -> Result<(), Error> {
        let shown = path.display().to_string();
        let kind = fs::metadata(path).map_err(|cause| unreadable(&shown, &cause))?;
        if kind.is_dir() {
            return self.folder(path);
        }
        let file = File::open(path).map_err(|cause| unreadable(&shown, &cause))?;
        let ends = |ending: &str| shown.to_ascii_lowercase().ends_with(ending);
        if ends(".zip") {
            return self.zip(&shown, file);
        }
        if ends(".tar") {
            return self.tar(&shown, BufReader::new(file));
        }
        if ends(".tar.gz") || ends(".tgz") {
            return self.tar(&shown, flate2::read::GzDecoder::new(file));
        }
        if ends(".tar.zst") {
            let unpacked = zstd::Decoder::new(file).map_err(|cause| unreadable(&shown, &cause))?;
            return self.tar(&shown, unpacked);
        }
        if ends(".gz") {
            let name = shown.trim_end_matches(".gz").to_owned();
            return self.stream(&name, flate2::read::GzDecoder::new(file));
        }
        self.stream(&shown, file)
    }

    /// A folder with everything below it, in the order of the names; links are not followed.
    fn folder(&mut self, folder: &Path) -> Result<(), Error> {
        let shown = folder.display().to_string();
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let mut entries = entries.map_err(|cause| unreadable(&shown, &cause))?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let kind = entry.file_type().map_err(|cause| unreadable(&shown, &cause))?;
            let path = entry.path();
            if kind.is_dir() {
                if !entry.file_name().to_string_lossy().starts_with('.') {
                    self.folder(&path)?;
                }
            } else if kind.is_file() && is_record(&path.to_string_lossy()) {
                let shown = path.display().to_string();
                let file = File::open(&path).map_err(|cause| unreadable(&shown, &cause))?;
                self.stream(&shown, file)?;
            } else {
                self.report.n_other += 1;
            }
        }
        Ok(())
    }

    fn zip(&mut self, shown: &str, file: File) -> Result<(), Error> {
        let broken = |cause: zip::result::ZipError| broken_archive(shown, &cause);
        let mut archive = zip::ZipArchive::new(BufReader::new(file)).map_err(broken)?;
        for index in 0..archive.len() {
            let entry = archive.by_index(index).map_err(broken)?;
            let name = format!("{shown}/{}", entry.name().map_err(broken)?);
            if entry.is_file() && is_record(&name) {
                self.stream(&name, entry)?;
            }
        }
        Ok(())
    }

    fn tar(&mut self, shown: &str, packed: impl Read) -> Result<(), Error> {
        let max_bytes = self.limits.max_total_bytes;
        let left = Cell::new(max_bytes);
        // What is passed over is unpacked all the same.
        let broken = |cause: io::Error| match left.get() {
            0 => too_many_bytes(max_bytes),
            _ => broken_archive(shown, &cause),
        };
        let mut archive = tar::Archive::new(Unpacked { content: packed, left: &left });
        for entry in archive.entries().map_err(broken)? {
            let entry = entry.map_err(broken)?;
            let name = format!("{shown}/{}", entry.path().map_err(broken)?.display());
            if entry.header().entry_type().is_file() && is_record(&name) {
                self.stream(&name, entry)?;
            }
        }
        Ok(())
    }

    /// One file, wherever it lies.
    fn stream(&mut self, name: &str, content: impl Read) -> Result<(), Error> {
        self.n_files += 1;
        if self.n_files > self.limits.max_files {
            let limit = self.limits.max_files;
            return Err(Error::too_large(format!("there are more than {limit} files to import")));
        }
        let mut content = BufReader::new(content);
        if is_osv_name(name) && list::begins(&mut content) {
            return self.list(name, content);
        }
        let ImportLimits { max_record_bytes, max_table_bytes, .. } = self.limits;
        let limit = if has_ending(name, ".csv") { max_table_bytes } else { max_record_bytes };
        let mut bytes = Vec::new();
        let read = content.take(limit.saturating_add(1)).read_to_end(&mut bytes);
        self.n_bytes = self.n_bytes.saturating_add(bytes.len() as u64);
        if self.n_bytes > self.limits.max_total_bytes {
            return Err(too_many_bytes(self.limits.max_total_bytes));
        }
        match read {
            Err(cause) => self.broken(name, cause.to_string()),
            Ok(_) if bytes.len() as u64 > limit => {
                self.bad(name, format!("it has more than {limit} bytes"));
            }
            Ok(_) => match str::from_utf8(&bytes) {
                Ok(text) => self.text(name, text),
                Err(cause) => self.bad(name, cause.to_string()),
            },
        }
        Ok(())
    }

    /// Records in a list, one after the other: a whole database may be one file.
    fn list(&mut self, name: &str, content: impl Read) -> Result<(), Error> {
        let max_total_bytes = self.limits.max_total_bytes;
        let left =
            Left::new(self.limits.max_record_bytes, max_total_bytes.saturating_sub(self.n_bytes));
        let mut n_records = 0;
        let read = list::read(content, &left, &mut |record| {
            n_records += 1;
            let read = osv::read(record).map_err(|why| format!("record {n_records}: {why}"));
            self.outcome(name, read);
        });
        self.n_bytes = max_total_bytes.saturating_sub(left.of_all());
        match read {
            Err(_) if left.of_all() == 0 => Err(too_many_bytes(max_total_bytes)),
            Err(cause) => {
                let why = osv::fault(&cause);
                self.broken(name, format!("{why}, behind {n_records} records that count"));
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    fn text(&mut self, name: &str, text: &str) {
        let text = text.trim_start_matches('\u{feff}');
        if is_markdown(name) {
            // The toolchain's own advisories are about what no bill lists.
            if name.contains("/rust/") {
                self.report.n_skipped += 1;
            } else if text.starts_with("```toml") {
                self.outcome(name, rustsec::read(text));
            } else {
                self.report.n_other += 1;
            }
        } else if has_ending(name, ".csv") {
            self.probabilities(name, text);
        } else if text.contains("\"cveID\"") {
            self.exploited(name, text);
        } else {
            self.outcome(name, osv::read(text));
        }
    }

    fn outcome(&mut self, name: &str, outcome: Result<Outcome, String>) {
        match outcome {
            Ok(Outcome::Advisory(advisory)) => {
                self.report.withdrawn.remove(&advisory.id);
                self.advisories.insert(Arc::clone(&advisory.id), *advisory);
            }
            Ok(Outcome::Withdrawn(id)) => {
                self.report.n_skipped += 1;
                self.advisories.remove(&id);
                self.report.withdrawn.insert(id);
            }
            Ok(Outcome::Skipped) => self.report.n_skipped += 1,
            Err(reason) => self.bad(name, reason),
        }
    }

    /// The catalogue of known exploited vulnerabilities. Source: cisa.gov/known-exploited-vulnerabilities, JSON schema.
    fn exploited(&mut self, name: &str, text: &str) {
        #[derive(Deserialize)]
        struct Catalogue {
            vulnerabilities: Vec<Entry>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Entry {
            #[serde(rename = "cveID")]
            id: Arc<str>,
            date_added: Arc<str>,
        }
        match serde_json::from_str::<Catalogue>(text) {
            Ok(catalogue) => {
                let entries = catalogue.vulnerabilities.into_iter();
                self.records.exploited.extend(entries.map(|entry| (entry.id, entry.date_added)));
            }
            Err(cause) => self.broken(name, osv::fault(&cause)),
        }
    }

    /// The table of exploit probabilities: `cve,epss,percentile`. Source: `first.org/epss/data_stats`.
    fn probabilities(&mut self, name: &str, text: &str) {
        for (index, line) in text.lines().enumerate() {
            if line.starts_with('#') || line.starts_with("cve,") || line.is_empty() {
                continue;
            }
            let mut cells = line.split(',');
            let id = cells.next().filter(|id| id.starts_with("CVE-"));
            let probability = cells.next().and_then(|cell| cell.trim().parse::<f64>().ok());
            let probability = probability.filter(|chance| (0.0..=1.0).contains(chance));
            if let (Some(id), Some(chance)) = (id, probability) {
                self.records.probabilities.insert(Arc::from(id), chance);
            } else {
                let line = index + 1;
                self.bad(name, format!("line {line} is not `CVE-…,probability,percentile`"));
            }
        }
    }

    /// A file whose end is missing counts as a bad record, too.
    fn broken(&mut self, name: &str, reason: String) {
        if self.report.broken.len() < MAX_TOLD {
            self.report.broken.push((name.to_owned(), reason.clone()));
        }
        self.bad(name, reason);
    }

    fn bad(&mut self, name: &str, reason: String) {
        self.report.n_bad += 1;
        if self.report.bad.len() < MAX_TOLD {
            self.report.bad.push((name.to_owned(), reason));
        }
    }
}

/// What comes out of an archive, and an error where it is too much.
struct Unpacked<'l, R> {
    content: R,
    left: &'l Cell<u64>,
}

impl<R: Read> Read for Unpacked<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.content.read(buffer)?;
        self.left.set(self.left.get().saturating_sub(n as u64));
        if self.left.get() == 0 && n > 0 {
            return Err(io::Error::other("it unpacks to more than it may"));
        }
        Ok(n)
    }
}

fn too_many_bytes(limit: u64) -> Error {
    Error::too_large(format!("what is to be imported has more than {limit} bytes"))
}

fn is_record(path: &str) -> bool {
    is_osv_name(path) || is_markdown(path) || has_ending(path, ".csv")
}

fn is_osv_name(path: &str) -> bool {
    has_ending(path, ".json")
}

/// Of the Markdown files beside them only the advisories have an id for a name.
fn is_markdown(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    has_ending(path, ".md") && name.starts_with("RUSTSEC-")
}

fn has_ending(path: &str, ending: &str) -> bool {
    path.to_ascii_lowercase().ends_with(ending)
}

fn unreadable(path: &str, cause: &io::Error) -> Error {
    Error::invalid(format!("cannot read `{path}`: {cause}")).with_help(
        "name the folders and files that the database publishes, e.g. `advisory-db/` or `all.zip`",
    )
}

fn broken_archive(path: &str, cause: &dyn std::error::Error) -> Error {
    Error::invalid(format!("the archive `{path}` is broken: {cause}"))
        .with_help("fetch it again; what was imported before stays in force")
}
