//! `.manifest`: what a bundle says of itself, and which part of `data` is its own.
//!
//! Source: OPA 1.x, "Bundles": revision, roots, `rego_version`, `file_rego_versions`, metadata.

use super::node::{Node, read};
use super::source::{Bundle, FileKind, kind_of};
use crate::domain::value::Value;
use crate::rego::Fault;
use crate::rego::module::Version;

/// A manifest, checked.
#[derive(Clone, Debug)]
pub(super) struct Manifest {
    pub(super) revision: String,
    pub(super) roots: Vec<Root>,
    version: Option<Version>,
    /// Patterns of paths and the version of the files that match; the first that matches counts.
    file_versions: Vec<(String, Version)>,
}

/// A part of `data` that belongs to one bundle.
#[derive(Clone, Debug)]
pub(super) struct Root {
    pub(super) path: Vec<String>,
    fault: Fault,
}

const FIELDS: [&str; 6] =
    ["revision", "roots", "rego_version", "file_rego_versions", "metadata", "wasm"];

impl Manifest {
    /// The manifests of bundles, each with its bundle's number.
    pub(super) fn of_all(bundles: &[Bundle], faults: &mut Vec<Fault>) -> Vec<(usize, Self)> {
        let all = bundles.iter().enumerate();
        all.filter_map(|(number, bundle)| Some((number, Self::of(bundle, faults)?))).collect()
    }

    /// The manifest of a bundle; `None` when it has none.
    pub(super) fn of(bundle: &Bundle, faults: &mut Vec<Fault>) -> Option<Self> {
        let file =
            bundle.files.iter().find(|file| kind_of(&file.inner) == Some(FileKind::Manifest))?;
        let document = match read(&file.source) {
            Ok(document) => document?,
            Err(found) => {
                faults.extend(found);
                return None;
            }
        };
        let root = Node::root(&file.source, &document);
        let mut manifest = Self {
            revision: String::new(),
            roots: vec![Root { path: Vec::new(), fault: root.fault("") }],
            version: None,
            file_versions: Vec::new(),
        };
        for (key, node) in root.fields(&FIELDS, faults) {
            match key {
                "revision" => {
                    node.text(faults).unwrap_or_default().clone_into(&mut manifest.revision);
                }
                "roots" => {
                    let items = node.items(faults);
                    let roots = items.iter().filter_map(|item| {
                        let parts = item.text(faults)?.split('/').filter(|part| !part.is_empty());
                        Some(Root {
                            path: parts.map(str::to_owned).collect(),
                            fault: item.fault(""),
                        })
                    });
                    manifest.roots = roots.collect();
                }
                "rego_version" => manifest.version = version(&node, faults),
                "file_rego_versions" => {
                    let Some(object) = node.value.as_object() else {
                        faults.push(node.fault("expected an object of patterns and versions"));
                        continue;
                    };
                    let patterns: Vec<&str> =
                        object.entries().iter().map(|(key, _)| key.as_ref()).collect();
                    for (pattern, node) in node.fields(&patterns, faults) {
                        let Some(version) = version(&node, faults) else { continue };
                        let pattern = pattern.trim_start_matches('/').to_owned();
                        manifest.file_versions.push((pattern, version));
                    }
                }
                _ => {}
            }
        }
        Some(manifest)
    }

    /// The version of the language that the file at `inner` is said to be written in.
    pub(super) fn version_of(&self, inner: &str) -> Option<Version> {
        let by_file = self.file_versions.iter().find(|(pattern, _)| matches(pattern, inner));
        by_file.map(|(_, version)| *version).or(self.version)
    }

    /// Whether a path lies below one of the roots.
    pub(super) fn owns(&self, path: &[String]) -> bool {
        self.roots.iter().any(|root| path.starts_with(&root.path))
    }

    /// The first path of `data` below `path` that lies below no root.
    pub(super) fn stranger(&self, data: &Value, path: &[String]) -> Option<Vec<String>> {
        if self.owns(path) {
            return None;
        }
        let above_a_root = self.roots.iter().any(|root| root.path.starts_with(path));
        let Some(object) = data.as_object().filter(|_| above_a_root) else {
            return Some(path.to_vec());
        };
        object.entries().iter().find_map(|(key, value)| {
            let mut path = path.to_vec();
            path.push(key.to_string());
            self.stranger(value, &path)
        })
    }

    /// The roots, as a message names them.
    pub(super) fn roots_shown(&self) -> String {
        let roots: Vec<String> =
            self.roots.iter().map(|root| format!("`{}`", root.path.join("/"))).collect();
        roots.join(", ")
    }
}

/// Roots of different bundles that overlap.
pub(super) fn overlaps(manifests: &[Manifest]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (index, later) in manifests.iter().enumerate() {
        for earlier in manifests.iter().take(index) {
            for root in &later.roots {
                let overlap = earlier.roots.iter().find(|other| {
                    other.path.starts_with(&root.path) || root.path.starts_with(&other.path)
                });
                let Some(other) = overlap else { continue };
                let mut fault = root.fault.clone();
                fault.message = format!(
                    "the root `{}` overlaps with `{}` of another bundle",
                    root.path.join("/"),
                    other.path.join("/")
                );
                faults.push(
                    fault
                        .with_related(&other.fault.file, other.fault.span, "the other root")
                        .with_help(
                            "name only your own packages and data, e.g. `\"roots\": [\"acme\"]`",
                        ),
                );
            }
        }
    }
    faults
}

fn version(node: &Node<'_>, faults: &mut Vec<Fault>) -> Option<Version> {
    match node.value.as_i64() {
        Some(0) => Some(Version::V0),
        Some(1) => Some(Version::V1),
        Some(_) | None => {
            faults
                .push(node.fault("there is no such version of Rego").with_help("write `0` or `1`"));
            None
        }
    }
}

/// Whether `path` matches a pattern in which `*` stands for any text without `/`, and `**` for any text.
fn matches(pattern: &str, path: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else { return pattern == path };
    let Some(rest) = path.strip_prefix(before) else { return false };
    let (after, any) = match after.strip_prefix('*') {
        Some(after) => (after.trim_start_matches('/'), true),
        None => (after, false),
    };
    let mut ends = rest.char_indices().map(|(index, _)| index).chain([rest.len()]);
    ends.any(|end| {
        let (skipped, rest) = rest.split_at_checked(end).unwrap_or((rest, ""));
        (any || !skipped.contains('/')) && matches(after, rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_paths_match_as_globs_do() {
        assert!(matches("a/*.rego", "a/b.rego") && matches("**/x.rego", "a/b/x.rego"));
        assert!(matches("a.rego", "a.rego") && matches("**", "a/b"));
        assert!(!matches("a/*.rego", "a/b/c.rego") && !matches("*.rego", "a/b.rego"));
    }
}
