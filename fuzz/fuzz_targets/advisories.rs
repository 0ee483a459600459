//! A file of any ending is imported or refused, and the same each time; what was taken can be packed and asked.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use goldgate::domain::clock::Timestamp;
use goldgate::domain::digest::Digest;
use goldgate::evidence::advisory::{Database, ImportLimits, import};
use libfuzzer_sys::fuzz_target;

/// OSV and the catalogue of exploited vulnerabilities, RustSec, probabilities, archives.
const NAMES: [&str; 8] = [
    "record.json",
    "RUSTSEC-2026-0001.md",
    "epss.csv",
    "epss.csv.gz",
    "all.zip",
    "all.tar",
    "all.tar.gz",
    "all.tar.zst",
];
/// What a JSON file begins with, so that each of the readers is reached from the start.
const HEADS: [&str; 4] = [
    "",
    r#"{"id":"OSV-1","modified":"2026-01-02T03:04:05Z","affected":["#,
    r#"{"catalogVersion":"1","vulnerabilities":["#,
    "```toml\n[advisory]\nid = \"RUSTSEC-2026-0001\"\n",
];

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("goldgate-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
});

fuzz_target!(|input: (u8, &[u8])| {
    let (choice, content) = input;
    let choice = usize::from(choice);
    let path = FOLDER.join(NAMES[choice % NAMES.len()]);
    let head = if choice % NAMES.len() < 2 { HEADS[choice / NAMES.len() % HEADS.len()] } else { "" };
    std::fs::write(&path, [head.as_bytes(), content].concat()).expect("written");
    let limits = ImportLimits { max_record_bytes: 1 << 20, max_total_bytes: 1 << 24, max_files: 1_000 };
    let paths = [path.display().to_string()];
    let once = import(&paths, &limits).ok();
    assert_eq!(once, import(&paths, &limits).ok());
    if let Some((records, report)) = once {
        assert_eq!(records.advisories.len(), report.n_advisories);
        let database = Database::new(&records, Timestamp::from_millis(0), Digest::of(b""));
        assert_eq!(database.expect("packed").n_advisories(), report.n_advisories);
    }
});
