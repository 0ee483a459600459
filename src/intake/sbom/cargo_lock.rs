//! `Cargo.lock`, versions 1 to 4.
//!
//! Source: doc.rust-lang.org/cargo, "Cargo.toml vs Cargo.lock"; cargo's `EncodableResolve`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::{Bill, purl};
use crate::domain::package::Component;
use crate::domain::sbom::SbomFormat;

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    version: Option<u32>,
    #[serde(default)]
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    #[serde(default)]
    source: Option<String>,
    #[serde(default)]
    dependencies: Vec<String>,
}

/// The sources whose packages the advisories of crates.io are about.
const CRATES_IO: [&str; 2] =
    ["registry+https://github.com/rust-lang/crates.io-index", "sparse+https://index.crates.io/"];

/// Reads a lock file; the packages without a source are the workspace's own, and what they depend on is direct.
///
/// # Errors
/// What `toml` says of the place where the text is none.
pub(super) fn read(text: &str) -> Result<Bill, toml::de::Error> {
    let document: Document = toml::from_str(text)?;
    let version = document.version.map(|version| version.to_string()).unwrap_or_default();
    let mut bill = Bill::new(SbomFormat::CargoLock, &version);
    let mut by_name: BTreeMap<&str, Vec<(&str, usize)>> = BTreeMap::new();
    for package in document.package.iter().filter(|package| package.source.is_some()) {
        let of_crates_io =
            package.source.as_deref().is_some_and(|source| CRATES_IO.contains(&source));
        let mut component = Component {
            name: Arc::from(package.name.as_str()),
            version: Some(Arc::from(package.version.as_str())),
            purl: of_crates_io
                .then(|| purl::of("cargo", &package.name, &package.version))
                .flatten(),
            ..Component::default()
        };
        purl::identify(&mut component);
        let index = bill.add(component);
        by_name.entry(&package.name).or_default().push((&package.version, index));
    }
    // `name`, or `name version` and `name version (source)` where several versions are locked.
    let find = |written: &str| {
        let mut words = written.split(' ');
        let candidates = words.next().and_then(|name| by_name.get(name));
        let version = words.next().map(Cow::Borrowed);
        let mut found = candidates.into_iter().flatten();
        let found = match version {
            Some(version) => found.find(|(other, _)| *other == version),
            None => found.next(),
        };
        found.map(|(_, index)| *index)
    };
    for package in &document.package {
        let targets = package.dependencies.iter().filter_map(|written| find(written));
        match &package.source {
            Some(_) => {
                if let Some(from) = find(&format!("{} {}", package.name, package.version)) {
                    bill.add_edges(from, targets);
                }
            }
            None => bill.direct.extend(targets),
        }
    }
    let mut own = document.package.iter().filter(|package| package.source.is_none());
    if let (Some(only), None) = (own.next(), own.next()) {
        bill.subject = Some(format!("{}@{}", only.name, only.version));
    }
    Ok(bill)
}
