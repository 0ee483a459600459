//! `composer.lock`.
//!
//! Source: getcomposer.org/doc, "composer.lock"; github.com/composer/composer, `Package/Locker.php`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Bill;
use super::index::{self, Index};
use crate::domain::package::Component;
use crate::domain::sbom::SbomFormat;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Document {
    packages: Vec<Package>,
    #[serde(default)]
    packages_dev: Option<Vec<Package>>,
    #[serde(default)]
    plugin_api_version: Option<String>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    #[serde(default)]
    time: Option<String>,
    #[serde(default)]
    license: Option<Licences>,
    /// An empty list where nothing is required, since PHP has no other empty object.
    #[serde(default)]
    require: Option<Box<RawValue>>,
}

/// One licence or several of which one may be chosen.
#[derive(Deserialize)]
#[serde(untagged)]
enum Licences {
    One(String),
    Several(Vec<String>),
}

/// Reads a lock file. Which packages the project asks for itself stands in its `composer.json` alone.
///
/// # Errors
/// What `serde_json` says of the place where the text is none.
pub(super) fn read(text: &str) -> Result<Bill, serde_json::Error> {
    let document: Document = serde_json::from_str(text)?;
    let version = document.plugin_api_version.unwrap_or_default();
    let mut bill = Bill::new(SbomFormat::ComposerLock, &version);
    let mut index = Index::default();
    let packages: Vec<Package> =
        document.packages.into_iter().chain(document.packages_dev.into_iter().flatten()).collect();
    let mut own = Vec::with_capacity(packages.len());
    for package in &packages {
        let mut component = index::component("composer", &package.name, &package.version);
        let texts = match &package.license {
            None => Vec::new(),
            Some(Licences::One(text)) => vec![text.clone()],
            // Composer's list is a choice.
            Some(Licences::Several(texts)) => vec![texts.join(" OR ")],
        };
        component.licence = super::licence::licence(texts);
        component.released = package.time.as_deref().and_then(|time| time.parse().ok());
        if package.version.starts_with("dev-") {
            bill.leave_out(format!("`{}` is the branch `{}`", package.name, package.version));
        }
        own.push(index.add(
            &mut bill,
            &package.version,
            Component { name: package.name.as_str().into(), ..component },
        ));
    }
    for (package, own) in packages.iter().zip(own) {
        let required: BTreeMap<String, &RawValue> = package
            .require
            .as_ref()
            .and_then(|raw| serde_json::from_str(raw.get()).ok())
            .unwrap_or_default();
        let targets: Vec<usize> =
            required.keys().filter_map(|name| index.find(name, None)).collect();
        bill.add_edges(own, targets);
    }
    Ok(bill)
}
