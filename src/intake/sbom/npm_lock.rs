//! `package-lock.json` and `npm-shrinkwrap.json`, lock file versions 2 and 3.
//!
//! Source: docs.npmjs.com/cli, "package-lock.json", the `packages` member.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::{Bill, purl};
use crate::domain::package::Component;
use crate::domain::sbom::SbomFormat;

type Text<'t> = Cow<'t, str>;
type Names<'t> = BTreeMap<Text<'t>, Text<'t>>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document<'t> {
    lockfile_version: u32,
    #[serde(borrow, default)]
    packages: BTreeMap<Text<'t>, Package<'t>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Package<'t> {
    #[serde(borrow, default)]
    name: Option<Text<'t>>,
    #[serde(borrow, default)]
    version: Option<Text<'t>>,
    #[serde(borrow, default)]
    license: Option<Text<'t>>,
    #[serde(default)]
    link: bool,
    #[serde(borrow, default)]
    dependencies: Names<'t>,
    #[serde(borrow, default)]
    dev_dependencies: Names<'t>,
    #[serde(borrow, default)]
    optional_dependencies: Names<'t>,
    #[serde(borrow, default)]
    peer_dependencies: Names<'t>,
}

const FOLDER: &str = "node_modules/";

/// Reads a lock file; what the packages outside `node_modules` depend on is direct. None when it is no lock file of a
/// version that lists its packages.
///
/// # Errors
/// What `serde_json` says of the place where the text is none.
pub(super) fn read(text: &str) -> Result<Option<Bill>, serde_json::Error> {
    let document: Document<'_> = serde_json::from_str(text)?;
    if document.lockfile_version < 2 {
        return Ok(None);
    }
    let mut bill = Bill::new(SbomFormat::NpmLock, &document.lockfile_version.to_string());
    let mut by_path = BTreeMap::new();
    for (path, package) in &document.packages {
        let Some((_, folder)) = path.rsplit_once(FOLDER) else { continue };
        if package.link {
            continue;
        }
        let name = package.name.as_deref().unwrap_or(folder);
        let version = package.version.as_deref();
        let mut component = Component {
            name: Arc::from(name),
            version: version.map(Arc::from),
            purl: version.and_then(|version| purl::of("npm", name, version)),
            licence: super::licence::licence(package.license.as_deref()),
            ..Component::default()
        };
        purl::identify(&mut component);
        by_path.insert(path.as_ref(), bill.add(component));
    }
    for (path, package) in &document.packages {
        let lists =
            [&package.dependencies, &package.optional_dependencies, &package.peer_dependencies];
        let own = by_path.get(path.as_ref());
        // Only a project's own development dependencies are installed.
        let development = own.is_none().then_some(&package.dev_dependencies);
        let names = lists.into_iter().chain(development).flat_map(BTreeMap::keys);
        let targets = names.filter_map(|name| resolve(path, name, &by_path));
        match own {
            Some(index) => bill.add_edges(*index, targets),
            None => bill.direct.extend(targets),
        }
    }
    if let Some(root) = document.packages.get("") {
        bill.subject = root.name.as_deref().map(|name| {
            root.version
                .as_deref()
                .map_or_else(|| name.to_owned(), |version| format!("{name}@{version}"))
        });
    }
    Ok(Some(bill))
}

/// The package that `name` means from `path`: the nearest `node_modules` upwards that holds it.
fn resolve(path: &str, name: &str, by_path: &BTreeMap<&str, usize>) -> Option<usize> {
    let mut folder = path;
    loop {
        let candidate = if folder.is_empty() {
            format!("{FOLDER}{name}")
        } else {
            format!("{folder}/{FOLDER}{name}")
        };
        if let Some(index) = by_path.get(candidate.as_str()) {
            return Some(*index);
        }
        if folder.is_empty() {
            return None;
        }
        folder = folder.rsplit_once(FOLDER).map_or("", |(above, _)| above.trim_end_matches('/'));
    }
}
