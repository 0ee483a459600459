//! Packages as their ecosystems name them, and the components of a release.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::domain::clock::Timestamp;

/// Who names and orders the versions of a package, in the words of the OSV schema: `crates.io`, `npm`, `Debian:12`.
///
/// Source: ossf.github.io/osv-schema, "affected[].package.ecosystem".
#[derive(Clone)]
pub struct Ecosystem(Name);

/// A bill has thousands of components of one ecosystem, so a name that is known needs no memory of its own.
#[derive(Clone)]
enum Name {
    Known(&'static str),
    Written(Arc<str>),
}

impl Ecosystem {
    /// Takes a name as the OSV schema writes it.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self(Name::Written(name.into()))
    }

    /// Takes a name that this program knows, without a release.
    pub const fn known(name: &'static str) -> Self {
        Self(Name::Known(name))
    }

    /// The whole name, with its release: `Debian:12`.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Name::Known(name) => name,
            Name::Written(name) => name,
        }
    }

    /// The name without a release: `Debian`. It decides how versions are ordered.
    pub fn family(&self) -> &str {
        match &self.0 {
            Name::Known(name) => name,
            Name::Written(name) => name.split_once(':').map_or(name, |(family, _)| family),
        }
    }

    /// The release behind the colon: `12`.
    pub fn release(&self) -> Option<&str> {
        match &self.0 {
            Name::Known(_) => None,
            Name::Written(name) => name.split_once(':').map(|(_, release)| release),
        }
    }
}

impl PartialEq for Ecosystem {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Ecosystem {}

impl Ord for Ecosystem {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl PartialOrd for Ecosystem {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Debug for Ecosystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ecosystem({:?})", self.as_str())
    }
}

impl Serialize for Ecosystem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Ecosystem {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Arc::<str>::deserialize(deserializer).map(Self::new)
    }
}

impl fmt::Display for Ecosystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A package without a version; the name is normalised as its ecosystem does it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Package {
    /// Who names it.
    pub ecosystem: Ecosystem,
    /// `serde`, `@scope/name`, `group:artifact`, a distribution's *source* package.
    pub name: Arc<str>,
}

impl Package {
    /// Makes a package, its name normalised.
    ///
    /// Sources: PEP 503 for Python; `NuGet`, Packagist, Hex, GitHub and the extensions of an editor ignore case; a package
    /// URL of npm or Go is written in small letters, so there case cannot tell two packages apart. Maven and crates.io keep it.
    pub fn new(ecosystem: Ecosystem, name: &str) -> Self {
        let name = Arc::from(normal(ecosystem.family(), name));
        Self { ecosystem, name }
    }

    /// Makes a package that shares its name with the component that it is, where that is normal already.
    pub fn shared(ecosystem: Ecosystem, name: &Arc<str>) -> Self {
        let name = match normal(ecosystem.family(), name) {
            Cow::Borrowed(_) => Arc::clone(name),
            Cow::Owned(normal) => Arc::from(normal),
        };
        Self { ecosystem, name }
    }
}

fn normal<'n>(family: &str, name: &'n str) -> Cow<'n, str> {
    match family {
        "PyPI" => pep_503(name),
        "NuGet" | "Packagist" | "Hex" | "npm" | "Go" | "GitHub Actions" | "SwiftURL" | "VSCode" => {
            let has_capitals = |byte: &u8| byte.is_ascii_uppercase() || !byte.is_ascii();
            if name.as_bytes().iter().any(has_capitals) {
                Cow::Owned(name.to_lowercase())
            } else {
                Cow::Borrowed(name)
            }
        }
        _ => Cow::Borrowed(name),
    }
}

impl fmt::Display for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.ecosystem)
    }
}

/// Runs of `-`, `_` and `.` are one `-`, letters are small.
fn pep_503(name: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    if name.bytes().all(is_plain) {
        return Cow::Borrowed(name);
    }
    let mut normal = String::with_capacity(name.len());
    for char in name.chars() {
        match char {
            '-' | '_' | '.' => {
                if !normal.ends_with('-') {
                    normal.push('-');
                }
            }
            other => normal.extend(other.to_lowercase()),
        }
    }
    Cow::Owned(normal)
}

/// What is known of a component's licence. Unknown is never taken for allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state", content = "text")]
pub enum Licence {
    /// An expression of SPDX identifiers.
    Expression(Arc<str>),
    /// A text that is no such expression.
    Unknown(Arc<str>),
    /// Nothing is said.
    #[default]
    None,
}

/// One component of a bill.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    /// The name as the bill writes it, with its group: `@scope/name`, `org.example:core`.
    pub name: Arc<str>,
    /// The version as written.
    pub version: Option<Arc<str>>,
    /// The package URL as written.
    pub purl: Option<Arc<str>>,
    /// The package that advisories know it by; none when the bill does not say which ecosystem it is of.
    pub package: Option<Package>,
    /// The version that advisories compare; another one than `version` where a distribution's source package has its own.
    pub compared_version: Option<Arc<str>>,
    /// Its licence.
    pub licence: Licence,
    /// Who made or supplies it, as the bill names them.
    pub supplier: Option<Arc<str>>,
    /// When this version was released, where the bill says.
    pub released: Option<Timestamp>,
    /// The strongest digest that the bill has of it, with its algorithm in front: `sha256:…`.
    pub digest: Option<Arc<str>>,
}

impl Component {
    /// What a reader knows it by: its name, else its package URL, else that it has neither.
    pub fn label(&self) -> &str {
        let words = [Some(&self.name), self.purl.as_ref()].into_iter().flatten();
        words.map(AsRef::as_ref).find(|word: &&str| !word.is_empty()).unwrap_or("(no name)")
    }

    /// What it is called, and its version.
    pub fn title(&self) -> String {
        match &self.version {
            Some(version) => format!("{} {version}", self.label()),
            None => self.label().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_normalised_as_their_ecosystem_does_it() {
        for (ecosystem, written, normal) in [
            ("PyPI", "Zope.Interface", "zope-interface"),
            ("PyPI", "a__b--c", "a-b-c"),
            ("NuGet", "Newtonsoft.Json", "newtonsoft.json"),
            ("npm", "@Scope/JSONStream", "@scope/jsonstream"),
            ("Go", "github.com/BurntSushi/toml", "github.com/burntsushi/toml"),
            ("Maven", "org.Example:Core", "org.Example:Core"),
            ("crates.io", "serde_json", "serde_json"),
        ] {
            let package = Package::new(Ecosystem::new(ecosystem), written);
            assert_eq!(package.name.as_ref(), normal, "{ecosystem}");
        }
    }

    #[test]
    fn an_ecosystem_may_have_a_release() {
        let debian = Ecosystem::new("Debian:12");
        assert_eq!((debian.family(), debian.release()), ("Debian", Some("12")));
        let npm = Ecosystem::new("npm");
        assert_eq!((npm.family(), npm.release()), ("npm", None));
    }
}
