//! `uv.lock`.
//!
//! Source: docs.astral.sh/uv/concepts/projects/layout, "The lockfile"; github.com/astral-sh/uv, `uv-resolver/src/lock`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::index::Index;
use super::{Bill, named, poetry_lock};
use crate::domain::sbom::SbomFormat;

#[derive(Deserialize)]
struct Document {
    version: u32,
    #[serde(default)]
    package: Vec<Package>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Package {
    name: String,
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    source: BTreeMap<String, toml::Value>,
    #[serde(default)]
    dependencies: Vec<Dependency>,
    #[serde(default)]
    optional_dependencies: BTreeMap<String, Vec<Dependency>>,
    #[serde(default)]
    dev_dependencies: BTreeMap<String, Vec<Dependency>>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    #[serde(default)]
    version: Option<String>,
}

impl Package {
    /// A project of the workspace, and nothing that was fetched.
    fn is_own(&self) -> bool {
        ["editable", "virtual", "directory"].iter().any(|kind| self.source.contains_key(*kind))
    }
}

/// Reads a lock file; what the projects of the workspace depend on is direct.
///
/// # Errors
/// What `toml` says of the place where the text is none.
pub(super) fn read(text: &str) -> Result<Bill, toml::de::Error> {
    let document: Document = toml::from_str(text)?;
    let mut bill = Bill::new(SbomFormat::UvLock, &document.version.to_string());
    let mut index = Index::default();
    for package in document.package.iter().filter(|package| !package.is_own()) {
        let version = package.version.as_deref().unwrap_or_default();
        let is_public = package.source.contains_key("registry");
        let component = poetry_lock::component(&package.name, version, is_public);
        index.add(&mut bill, version, component);
    }
    for package in &document.package {
        let optional = package.optional_dependencies.values().flatten();
        let development = package.dev_dependencies.values().flatten();
        let wanted = package.dependencies.iter().chain(optional).chain(development);
        let targets: Vec<usize> = wanted
            .filter_map(|dependency| {
                let name = poetry_lock::normal(&dependency.name);
                index.find(&name, dependency.version.as_deref())
            })
            .collect();
        if package.is_own() {
            bill.direct.extend(targets);
            continue;
        }
        let name = poetry_lock::normal(&package.name);
        if let Some(own) = index.find(&name, package.version.as_deref()) {
            bill.add_edges(own, targets);
        }
    }
    let mut own = document.package.iter().filter(|package| package.is_own());
    if let (Some(only), None) = (own.next(), own.next()) {
        bill.subject = Some(named(&only.name, only.version.as_deref()));
    }
    Ok(bill)
}
