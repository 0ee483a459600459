//! `yarn.lock`, the classic form and that of berry.
//!
//! Sources: github.com/yarnpkg/yarn, `src/lockfile/parse.js`; github.com/yarnpkg/berry, `parsers/sources/syml.ts`. Both are
//! blocks of lines; a little below that, they differ in colons and quotes alone.

use std::collections::BTreeMap;

use super::index::{self, Index};
use super::{Bill, BillFault};
use crate::domain::place::Span;
use crate::domain::sbom::SbomFormat;

/// One block: what was asked for, and what it came to.
#[derive(Default)]
struct Entry {
    asked: Vec<String>,
    version: String,
    resolution: String,
    dependencies: Vec<(String, String)>,
}

/// Reads a lock file. Which packages a project asks for itself stands in its `package.json` alone.
///
/// # Errors
/// The first line that stands outside of every block.
pub(super) fn read(text: &str) -> Result<Bill, BillFault> {
    let entries = entries(text)?;
    let berry = entries.iter().find(|entry| entry.asked == ["__metadata"]);
    let version = berry.map_or("1", |entry| entry.version.as_str());
    let mut bill = Bill::new(SbomFormat::YarnLock, version);
    let mut index = Index::default();
    let mut by_asked: BTreeMap<&str, usize> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.asked != ["__metadata"]) {
        let Some(asked) = entry.asked.first() else { continue };
        if entry.is_of_workspace() {
            continue;
        }
        let Some(name) = entry.name() else {
            bill.leave_out(format!("`{asked}` names no package"));
            continue;
        };
        if entry.version.is_empty() {
            bill.leave_out(format!("`{asked}` has no version"));
            continue;
        }
        let component = index::component("npm", name, &entry.version);
        let own = index.add(&mut bill, &entry.version, component);
        by_asked.extend(entry.asked.iter().map(|asked| (asked.as_str(), own)));
    }
    for entry in &entries {
        let targets: Vec<usize> = entry
            .dependencies
            .iter()
            .filter_map(|(name, range)| {
                // Berry writes the protocol that it takes for granted in what is asked for, and not always in the list.
                let plain = by_asked.get(format!("{name}@{range}").as_str());
                plain.or_else(|| by_asked.get(format!("{name}@npm:{range}").as_str())).copied()
            })
            .collect();
        if entry.is_of_workspace() {
            bill.direct.extend(targets);
        } else if let Some(own) = entry.asked.first().and_then(|asked| by_asked.get(asked.as_str()))
        {
            bill.add_edges(*own, targets);
        }
    }
    Ok(bill)
}

impl Entry {
    fn is_of_workspace(&self) -> bool {
        self.resolution.contains("@workspace:")
    }

    /// The package's own name; what was asked for may be another one (`alias@npm:name@1`).
    fn name(&self) -> Option<&str> {
        if let Some((name, _)) = split(&self.resolution) {
            return Some(name);
        }
        let (name, range) = split(self.asked.first()?)?;
        let alias = range.strip_prefix("npm:").and_then(split);
        Some(alias.map_or(name, |(name, _)| name))
    }
}

/// `@scope/name@range` as `@scope/name` and `range`.
fn split(descriptor: &str) -> Option<(&str, &str)> {
    let at = descriptor.char_indices().skip(1).find(|(_, char)| *char == '@').map(|(at, _)| at)?;
    Some((descriptor.get(..at)?, descriptor.get(at + 1..)?))
}

fn entries(text: &str) -> Result<Vec<Entry>, BillFault> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut block = String::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let line = line.trim_end();
        let trimmed = line.trim_start();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let depth = line.len() - trimmed.len();
        if depth == 0 {
            let asked = trimmed.strip_suffix(':').unwrap_or(trimmed);
            let asked = asked.split(',').map(|one| unquoted(one.trim()).to_owned()).collect();
            entries.push(Entry { asked, ..Entry::default() });
            continue;
        }
        let Some(entry) = entries.last_mut() else {
            let span = Span::new(start, start + line.len());
            return Err(BillFault::new("the line stands in no block", span));
        };
        let (key, value) = key_and_value(trimmed);
        if depth <= 2 {
            block.clear();
            match (key, value) {
                ("version", version) => version.clone_into(&mut entry.version),
                ("resolution", resolution) => resolution.clone_into(&mut entry.resolution),
                (name, "") => name.clone_into(&mut block),
                _ => {}
            }
        } else if matches!(block.as_str(), "dependencies" | "optionalDependencies") {
            entry.dependencies.push((key.to_owned(), value.to_owned()));
        }
    }
    Ok(entries)
}

/// `"@a/b" "^1.0.0"`, `b: ^1.0.0` or `dependencies:` as key and value.
fn key_and_value(line: &str) -> (&str, &str) {
    let (key, value) = match line.strip_prefix('"').and_then(|quoted| quoted.split_once('"')) {
        Some((key, rest)) => (key, rest),
        None => line.split_at(line.find([' ', ':']).unwrap_or(line.len())),
    };
    (key, unquoted(value.trim_start_matches(':').trim()))
}

fn unquoted(text: &str) -> &str {
    let text = text.strip_prefix('"').unwrap_or(text);
    text.strip_suffix('"').unwrap_or(text)
}
