//! `pnpm-lock.yaml`, versions 6 and 9.
//!
//! Source: github.com/pnpm/spec, `lockfile/6.0.md` and `lockfile/9.0.md`.

use super::index::{self, Index};
use super::{Bill, BillFault};
use crate::document::{DocumentLimits, yaml};
use crate::domain::sbom::SbomFormat;
use crate::domain::value::Value;

/// What a package's own dependencies stand under.
const LISTS: [&str; 2] = ["dependencies", "optionalDependencies"];

/// Reads a lock file; what the projects of the workspace depend on is direct.
///
/// # Errors
/// Where the text is no YAML, or when it is of a version with another form.
pub(super) fn read(text: &str) -> Result<Bill, BillFault> {
    // As many lines as the file may have: the file's own limit stands before this one.
    let limits = DocumentLimits { max_nodes: text.len().max(1), ..DocumentLimits::default() };
    let document = yaml::read(text, &limits)
        .into_iter()
        .next()
        .ok_or_else(|| BillFault::of_text("the file is empty"))?
        .map_err(|fault| BillFault::new(fault.message, fault.span))?;
    let root = &document.value;
    let version = root.get("lockfileVersion").map(scalar).unwrap_or_default();
    if !(version.starts_with("6.") || version.starts_with("9.")) {
        let message = format!("`lockfileVersion` is `{version}`; expected 6 or 9");
        return Err(BillFault::new(message, document.root.key));
    }
    let mut bill = Bill::new(SbomFormat::PnpmLock, &version);
    let mut index = Index::default();
    let packages = entries(root.get("packages"));
    for (key, package) in packages {
        let Some((name, version)) = name_and_version(key) else {
            bill.leave_out(format!("`{key}` names no version"));
            continue;
        };
        // A package of another place than a registry says its version inside.
        let (name, written) = (text_of(package, "name").unwrap_or(name), version);
        let version = text_of(package, "version").unwrap_or(written);
        if !version.starts_with(|first: char| first.is_ascii_digit()) {
            bill.leave_out(format!("`{key}` is of no registry"));
            continue;
        }
        index.add(&mut bill, written, index::component("npm", name, version));
    }
    // Since version 9 the graph stands apart, with a place for every set of peers.
    let graph = root.get("snapshots").or_else(|| root.get("packages"));
    for (key, package) in entries(graph) {
        let own = name_and_version(key).and_then(|(name, version)| index.find(name, Some(version)));
        let Some(own) = own else { continue };
        let targets: Vec<usize> = LISTS
            .iter()
            .flat_map(|list| entries(package.get(list)))
            .filter_map(|(name, version)| resolve(name, version.as_str()?, &index))
            .collect();
        bill.add_edges(own, targets);
    }
    let projects = entries(root.get("importers")).iter().map(|(_, project)| project);
    // A repository of one project has its lists at the top.
    for project in projects.chain([root]) {
        for list in LISTS.iter().chain(&["devDependencies"]) {
            for (name, wanted) in entries(project.get(list)) {
                let version = wanted.as_str().or_else(|| text_of(wanted, "version"));
                bill.direct.extend(version.and_then(|version| resolve(name, version, &index)));
            }
        }
    }
    Ok(bill)
}

fn entries(value: Option<&Value>) -> &[(std::sync::Arc<str>, Value)] {
    match value {
        Some(Value::Object(object)) => object.entries(),
        _ => &[],
    }
}

fn text_of<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key).and_then(Value::as_str)
}

fn scalar(value: &Value) -> String {
    // Version 5 wrote it without quotes, so that it was a number.
    value.as_str().map(str::to_owned).unwrap_or_default()
}

/// `/@scope/name@1.0.0(peer@2.0.0)` as `@scope/name` and `1.0.0`.
fn name_and_version(key: &str) -> Option<(&str, &str)> {
    let key = key.strip_prefix('/').unwrap_or(key);
    let key = key.split_once('(').map_or(key, |(key, _)| key);
    // The first character may be the sign of a scope.
    let at = key.char_indices().skip(1).find(|(_, char)| *char == '@').map(|(at, _)| at)?;
    Some((key.get(..at)?, key.get(at + 1..)?))
}

/// The package that a dependency is: its version, or the whole key where it has another name.
fn resolve(name: &str, version: &str, index: &Index) -> Option<usize> {
    let bare = version.split_once('(').map_or(version, |(version, _)| version);
    if let Some(found) = index.find(name, Some(bare)) {
        return Some(found);
    }
    let (name, version) = name_and_version(version)?;
    index.find(name, Some(version))
}
