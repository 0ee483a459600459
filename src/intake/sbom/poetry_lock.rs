//! `poetry.lock`.
//!
//! Source: github.com/python-poetry/poetry, `packages/locker.py`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Bill;
use super::index::{self, Index};
use crate::domain::package::{Component, Ecosystem, Package as Named};
use crate::domain::sbom::SbomFormat;

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    package: Vec<Package>,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Metadata {
    #[serde(default)]
    lock_version: String,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    #[serde(default)]
    dependencies: BTreeMap<String, toml::Value>,
    #[serde(default)]
    source: Option<Source>,
}

#[derive(Deserialize)]
struct Source {
    #[serde(rename = "type")]
    kind: String,
}

/// Reads a lock file. Which packages the project asks for itself stands in its `pyproject.toml` alone.
///
/// # Errors
/// What `toml` says of the place where the text is none.
pub(super) fn read(text: &str) -> Result<Bill, toml::de::Error> {
    let document: Document = toml::from_str(text)?;
    let mut bill = Bill::new(SbomFormat::PoetryLock, &document.metadata.lock_version);
    let mut index = Index::default();
    let own: Vec<Option<usize>> = document
        .package
        .iter()
        .map(|package| {
            let kind = package.source.as_ref().map(|source| source.kind.as_str());
            if matches!(kind, Some("directory" | "file")) {
                return None;
            }
            let component = component(&package.name, &package.version, kind.is_none());
            Some(index.add(&mut bill, &package.version, component))
        })
        .collect();
    for (package, own) in document.package.iter().zip(own) {
        let names = package.dependencies.keys().map(|name| normal(name));
        let targets: Vec<usize> = names.filter_map(|name| index.find(&name, None)).collect();
        match own {
            Some(own) => bill.add_edges(own, targets),
            None => bill.direct.extend(targets),
        }
    }
    Ok(bill)
}

/// A package, its name in the form of the index. One of another place than the public index is none that advisories know
/// for sure, but it may be a copy: it is compared all the same.
pub(super) fn component(name: &str, version: &str, is_public: bool) -> Component {
    let component = index::component("pypi", &normal(name), version);
    if is_public { component } else { Component { purl: None, ..component } }
}

/// The name as PEP 503 has it.
pub(super) fn normal(name: &str) -> String {
    Named::new(Ecosystem::new("PyPI"), name).name.to_string()
}
