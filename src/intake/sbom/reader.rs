//! Which reader a bill, a report or a lock file is for, by its name or by its own words.

use super::{Bill, BillFault, json_fault};
use super::{
    cargo_lock, composer_lock, cyclonedx, gemfile_lock, go_mod, gradle_lock, npm_lock, pnpm_lock,
    poetry_lock, requirements, scan, spdx, uv_lock, yarn_lock,
};
use crate::document::text::holds;
use crate::domain::place::Span;

/// Reads the texts of one format; none of a text that only looked like one.
pub(super) type Reader = fn(&str) -> Result<Option<Bill>, BillFault>;

/// How much of a text is searched for the words of a format that has no name of its own.
const MAX_HEAD_BYTES: usize = 4096;

/// What a line of SPDX tags begins with.
const SPDX_VERSION: &str = "SPDXVersion:";

/// The reader of a text; none when it is no bill.
pub(super) fn of(path: &str, text: &str) -> Option<Reader> {
    of_lock_file(path).or_else(|| of_text(text))
}

/// A lock file is known by its name, wherever it lies.
fn of_lock_file(path: &str) -> Option<Reader> {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let reader: Reader = match name {
        "Cargo.lock" => |text| of_toml(text, cargo_lock::read),
        "package-lock.json" | "npm-shrinkwrap.json" => |text| of_json(text, npm_lock::read),
        "pnpm-lock.yaml" => |text| pnpm_lock::read(text).map(Some),
        "yarn.lock" => |text| yarn_lock::read(text).map(Some),
        "poetry.lock" => |text| of_toml(text, poetry_lock::read),
        "uv.lock" => |text| of_toml(text, uv_lock::read),
        "go.mod" => |text| Ok(Some(go_mod::read(text))),
        "go.sum" => |text| Ok(Some(go_mod::read_sums(text))),
        "gradle.lockfile" | "buildscript-gradle.lockfile" => {
            |text| Ok(Some(gradle_lock::read(text)))
        }
        "Gemfile.lock" | "gems.locked" => |text| gemfile_lock::read(text).map(Some),
        "composer.lock" => |text| of_json(text, |text| composer_lock::read(text).map(Some)),
        // `requirements.txt`, `requirements-dev.txt`, `dev-requirements.txt`
        _ if name.strip_suffix(".txt").is_some_and(|stem| {
            stem.starts_with("requirements") || stem.ends_with("requirements")
        }) =>
        {
            |text| Ok(Some(requirements::read(text)))
        }
        _ => return None,
    };
    Some(reader)
}

fn of_text(text: &str) -> Option<Reader> {
    let text = text.trim_start();
    if text.starts_with('{') {
        let contains = |word: &str| holds(text, word);
        // The words stand at the top of what a generator writes, but the order of JSON keys is free.
        if contains("\"bomFormat\"") && contains("\"CycloneDX\"") {
            return Some(|text| of_json(text, cyclonedx::read));
        }
        if contains("\"spdxVersion\"") && contains("\"SPDXRef-DOCUMENT\"") {
            return Some(|text| of_json(text, spdx::read));
        }
        if contains("\"@graph\"") && contains("spdx.org/rdf/3") {
            return Some(|text| of_json(text, spdx::graph::read));
        }
        return of_report(text);
    }
    let head = text.get(..text.floor_char_boundary(MAX_HEAD_BYTES))?;
    if text.starts_with('<') {
        let reader: Reader = |text| cyclonedx::xml::read(text).map(Some);
        return holds(head, "cyclonedx.org/schema/bom").then_some(reader);
    }
    let begins_line = || head.lines().any(|line| line.trim_start().starts_with(SPDX_VERSION));
    let reader: Reader = |text| spdx::tags::read(text).map(Some);
    (holds(head, SPDX_VERSION) && begins_line()).then_some(reader)
}

/// The report of a scanner.
fn of_report(text: &str) -> Option<Reader> {
    let all = |words: &[&str]| words.iter().all(|word| holds(text, word));
    // A statement about a scan holds the report of the scanner, so it stands before that.
    if all(&["\"scanner\"", "\"scanFinishedOn\"", "\"result\""]) {
        return Some(|text| of_json(text, scan::predicate));
    }
    if all(&["\"SchemaVersion\"", "\"ArtifactName\"", "\"Results\""]) {
        return Some(|text| of_json(text, scan::trivy::read));
    }
    if all(&["\"matches\"", "\"descriptor\"", "\"grype\""]) {
        return Some(|text| of_json(text, scan::grype::read));
    }
    let reader: Reader = |text| of_json(text, scan::sarif::read);
    all(&["\"runs\"", "\"driver\"", "sarif"]).then_some(reader)
}

/// Whether a file is a lock file by its name, or may be a bill by its ending, wherever it lies.
pub(in crate::intake) fn is_lock_file(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    of_lock_file(path).is_some()
        || [".cdx.xml", "bom.xml", ".spdx", ".spdx.txt", ".sarif"]
            .iter()
            .any(|end| lower.ends_with(end))
}

fn of_json(
    text: &str,
    read: fn(&str) -> Result<Option<Bill>, serde_json::Error>,
) -> Result<Option<Bill>, BillFault> {
    read(text).map_err(|error| json_fault(text, &error))
}

fn of_toml(
    text: &str,
    read: fn(&str) -> Result<Bill, toml::de::Error>,
) -> Result<Option<Bill>, BillFault> {
    read(text).map(Some).map_err(|error| {
        let range = error.span().unwrap_or_default();
        BillFault::new(error.message(), Span::new(range.start, range.end))
    })
}
