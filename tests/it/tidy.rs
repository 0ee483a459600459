//! The walls of the house: who may import whom, which library appears where, how long a file may be (ARCHITECTURE.md).

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Rooms, lowest first: each may use itself and the rooms named beside it.
const MAY_USE: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("document", &["domain"]),
    ("proto", &[]),
    ("config", &["document", "domain"]),
    ("intake", &["document", "domain"]),
    ("evidence", &["document", "domain"]),
    ("rego", &["document", "domain"]),
    ("policy", &["rego", "document", "domain"]),
    ("decide", &["domain"]),
    ("record", &["domain"]),
    ("gate", &["decide", "domain", "evidence", "intake", "policy", "record"]),
    ("api", &["config", "domain", "gate", "policy", "proto", "record"]),
    (
        "app",
        &[
            "api", "config", "decide", "domain", "evidence", "gate", "intake", "policy", "proto",
            "record",
        ],
    ),
    (
        "cli",
        &[
            "api", "app", "config", "decide", "document", "domain", "evidence", "gate", "intake",
            "policy", "proto", "record", "rego",
        ],
    ),
];

/// Outside libraries and the rooms (or files) in which alone they may appear.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("regorus", &["src/rego"]),
    ("granit_parser", &["src/document"]),
    ("rusqlite", &["src/record"]),
    ("refinery", &["src/record"]),
    ("zstd", &["src/record", "src/evidence/advisory"]),
    ("tonic", &["src/api", "src/app", "src/proto.rs"]),
    ("prost", &["src/api", "src/proto.rs"]),
    ("axum", &["src/api", "src/app"]),
    ("rustls", &["src/api", "src/app", "src/evidence/registry"]),
    ("tokio_rustls", &["src/api", "src/app"]),
    ("ignore", &["src/intake"]),
    ("clap", &["src/cli", "src/main.rs"]),
    ("annotate_snippets", &["src/cli/print"]),
    ("sigstore_verify", &["src/evidence"]),
    ("sigstore_trust_root", &["src/evidence"]),
    ("aws_lc_rs", &["src/evidence", "src/app", "src/rego/builtin"]),
    ("ed25519_dalek", &["src/evidence/verify/key.rs"]),
    ("reqwest", &["src/evidence"]),
    ("rustsec", &["src/evidence/advisory"]),
    ("cvss", &["src/evidence/advisory"]),
    ("packageurl", &["src/intake/sbom", "src/evidence/vex", "src/rego/builtin/conforma"]),
    ("quick_xml", &["src/intake/sbom/cyclonedx"]),
    ("spdx", &["src/intake/sbom"]),
    ("chrono", &["src/domain/clock.rs", "src/rego/builtin/time"]),
    ("chrono_tz", &["src/rego/builtin/time"]),
    ("regex_automata", &["src/rego/builtin/regex"]),
    ("regex_syntax", &["src/rego/builtin"]),
];

/// Calls and where alone they may stand.
const CALLS_ONLY_IN: &[(&str, &[&str])] = &[
    ("std::env::var", &["src/config"]),
    ("SystemTime::now", &["src/domain/clock.rs"]),
    ("println!", &["src/cli/print"]),
    ("eprintln!", &["src/cli/print"]),
    ("io::stdout()", &["src/cli/print"]),
    ("io::stderr()", &["src/cli/print", "src/app/telemetry.rs"]),
    ("Verified::by_the_verifier", &["src/evidence/verify"]),
];

/// Lines of code and comments a file may have before its unit tests.
const MAX_LINES: usize = 400;
/// Files that may be longer, each with its reason.
const MAY_BE_LONGER: &[(&str, &str)] = &[];

#[test]
fn rooms_import_only_lower_rooms() {
    let mut broken = Vec::new();
    for (room, allowed) in MAY_USE {
        for file in room_files(room) {
            for used in used_rooms(&code_of(&file)) {
                if used != *room && !allowed.contains(&used.as_str()) {
                    broken.push(format!("{}: `{room}` must not use `{used}`", file.display()));
                }
            }
        }
    }
    assert!(broken.is_empty(), "layer rules broken:\n{}", broken.join("\n"));
}

#[test]
fn every_room_is_in_the_table() {
    let known: BTreeSet<&str> = MAY_USE.iter().map(|(room, _)| *room).collect();
    let declared = fs::read_to_string("src/lib.rs").unwrap();
    let rooms: Vec<&str> = declared
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub mod ")?.strip_suffix(';'))
        .collect();
    assert!(!rooms.is_empty());
    for room in rooms {
        assert!(known.contains(room), "`{room}` has no row in MAY_USE");
    }
}

#[test]
fn domain_and_decide_know_no_async() {
    for room in ["domain", "decide"] {
        for file in room_files(room) {
            assert!(!code_of(&file).contains("async "), "{} is async", file.display());
        }
    }
}

#[test]
fn each_outside_library_stays_in_its_room() {
    let mut broken = Vec::new();
    for file in rust_files(Path::new("src")) {
        let code = code_of(&file);
        for (library, homes) in ONLY_IN {
            if stands_in(&code, &format!("{library}::")) && !at_home(&file, homes) {
                broken.push(format!("{}: `{library}` belongs in {homes:?}", file.display()));
            }
        }
        for (call, homes) in CALLS_ONLY_IN {
            if stands_in(&code, call) && !at_home(&file, homes) {
                broken.push(format!("{}: `{call}` belongs in {homes:?}", file.display()));
            }
        }
    }
    assert!(broken.is_empty(), "libraries out of their rooms:\n{}", broken.join("\n"));
}

#[test]
fn files_stay_small() {
    let long: Vec<String> = rust_files(Path::new("src"))
        .into_iter()
        .filter(|file| MAY_BE_LONGER.iter().all(|(path, _)| !file.ends_with(path)))
        .filter_map(|file| {
            let text = fs::read_to_string(&file).unwrap();
            let n_lines = before_tests(&text).lines().count();
            (n_lines > MAX_LINES).then(|| format!("{}: {n_lines} lines", file.display()))
        })
        .collect();
    assert!(long.is_empty(), "split these files:\n{}", long.join("\n"));
}

#[test]
fn file_names_say_what_is_inside() {
    let vague = ["utils", "util", "helpers", "helper", "common", "manager", "misc"];
    for file in rust_files(Path::new("src")) {
        let stem = file.file_stem().unwrap().to_str().unwrap();
        assert!(!vague.contains(&stem) && stem != "mod", "{}", file.display());
    }
}

#[test]
fn the_tree_holds_no_unfinished_word() {
    // Put together here, so that this file does not find itself.
    let words = [["TO", "DO"], ["FIX", "ME"], ["XX", "X"]].map(|halves| halves.concat());
    for file in rust_files(Path::new("src")).into_iter().chain(rust_files(Path::new("tests"))) {
        let text = fs::read_to_string(&file).unwrap();
        for word in &words {
            assert!(!text.contains(word.as_str()), "{} holds `{word}`", file.display());
        }
    }
}

/// Whether `words` stands in `code` at the beginning of a path.
fn stands_in(code: &str, words: &str) -> bool {
    code.match_indices(words)
        .any(|(at, _)| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'))
}

fn at_home(file: &Path, homes: &[&str]) -> bool {
    let file = file.to_str().unwrap();
    homes.iter().any(|home| {
        file == *home
            || file.strip_prefix(home).is_some_and(|rest| rest.starts_with('/') || rest == ".rs")
    })
}

fn before_tests(text: &str) -> &str {
    text.split_once("#[cfg(test)]").map_or(text, |(code, _)| code)
}

/// The code of a file before its tests, comment lines left out.
fn code_of(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    before_tests(&text)
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Names after `crate::`, grouped imports included.
fn used_rooms(code: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let Some(group) = rest.strip_prefix('{') else {
            used.insert(first_word(rest));
            continue;
        };
        let (mut depth, mut name) = (0_i32, String::new());
        for c in group.chars() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    used.insert(first_word(&std::mem::take(&mut name)));
                }
                _ if depth == 0 => name.push(c),
                _ => {}
            }
        }
        used.insert(first_word(&name));
    }
    used.remove("");
    used
}

fn first_word(text: &str) -> String {
    text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

#[test]
fn grouped_imports_are_seen() {
    let used: Vec<String> =
        used_rooms("use crate::{api::{x, y}, domain};\ncrate::policy::f();").into_iter().collect();
    assert_eq!(used, ["api", "domain", "policy"]);
}

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn room_files(room: &str) -> Vec<PathBuf> {
    let dir = Path::new("src").join(room);
    let mut files = if dir.is_dir() { rust_files(&dir) } else { Vec::new() };
    let root = dir.with_extension("rs");
    if root.is_file() {
        files.push(root);
    }
    files
}
