//! Whether the package URL of a statement means that of a component.
//!
//! Source: github.com/openvex/spec, "Product Identification"; github.com/package-url/purl-spec, "purl-types".

use std::collections::BTreeMap;
use std::str::FromStr;

use packageurl::PackageUrl;

/// A package URL, its parts in the spelling that its type compares.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Purl {
    kind: String,
    namespace: String,
    name: String,
    version: Option<String>,
    qualifiers: BTreeMap<String, String>,
    subpath: Option<String>,
}

impl Purl {
    /// Reads one; none when it is no package URL.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let purl = PackageUrl::from_str(text).ok()?;
        let kind = purl.ty().to_ascii_lowercase();
        let namespace = purl.namespace().unwrap_or_default();
        let (namespace, name) = match kind.as_str() {
            "pypi" => (namespace.to_owned(), purl.name().to_lowercase().replace(['_', '.'], "-")),
            "github" | "bitbucket" | "composer" | "nuget" | "hex" | "oci" | "deb" | "apk" => {
                (namespace.to_lowercase(), purl.name().to_lowercase())
            }
            "rpm" => (namespace.to_lowercase(), purl.name().to_owned()),
            _ => (namespace.to_owned(), purl.name().to_owned()),
        };
        let qualifiers = purl.qualifiers().iter();
        Some(Self {
            namespace,
            name,
            version: purl.version().filter(|version| !version.is_empty()).map(str::to_owned),
            qualifiers: qualifiers
                .map(|(key, value)| (key.to_string(), value.to_string()))
                .collect(),
            subpath: purl.subpath().map(str::to_owned),
            kind,
        })
    }

    /// What is the same for every version: the key under which statements are looked up.
    pub(super) fn key(&self) -> String {
        format!("{}/{}/{}", self.kind, self.namespace, self.name)
    }

    /// Whether a statement about this means `component`: a version, each qualifier and a path count where they are
    /// written, and what is not written means any.
    pub(super) fn means(&self, component: &Self) -> bool {
        self.key() == component.key()
            && (self.version.is_none() || self.version == component.version)
            && self.subpath.as_ref().is_none_or(|path| component.subpath.as_ref() == Some(path))
            && self
                .qualifiers
                .iter()
                .all(|(key, value)| component.qualifiers.get(key) == Some(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(statement: &str, component: &str, expected: bool) {
        let (statement, component) =
            (Purl::parse(statement).unwrap(), Purl::parse(component).unwrap());
        assert_eq!(statement.means(&component), expected, "{statement:?} {component:?}");
    }

    #[test]
    fn what_is_written_must_be_so_and_what_is_not_may_be_anything() {
        check("pkg:cargo/openssl", "pkg:cargo/openssl@0.10.60", true);
        check("pkg:cargo/openssl@0.10.60", "pkg:cargo/openssl@0.10.60", true);
        check("pkg:cargo/openssl@0.10.61", "pkg:cargo/openssl@0.10.60", false);
        check("pkg:cargo/openssl@0.10.60", "pkg:cargo/openssl", false);
        check("pkg:cargo/openssl-sys", "pkg:cargo/openssl@0.10.60", false);
        check("pkg:npm/openssl", "pkg:cargo/openssl@0.10.60", false);
        check("pkg:npm/%40a/b", "pkg:npm/%40a/b@1", true);
        check("pkg:npm/b", "pkg:npm/%40a/b@1", false);
        let deb = "pkg:deb/debian/curl@7.88.1-10?arch=amd64&distro=debian-12";
        check("pkg:deb/debian/curl", deb, true);
        check("pkg:deb/debian/curl@7.88.1-10?distro=debian-12", deb, true);
        check("pkg:deb/debian/curl?distro=debian-11", deb, false);
        check("pkg:deb/debian/curl?distro=debian-12&epoch=1", deb, false);
        check("pkg:golang/a.example/b#sub", "pkg:golang/a.example/b@v1", false);
    }

    #[test]
    fn names_are_compared_as_their_type_does_it() {
        check("pkg:pypi/Zope_Interface", "pkg:pypi/zope-interface@5", true);
        check("pkg:oci/App@sha256%3Aab", "pkg:oci/app@sha256:ab", true);
        check("pkg:maven/org.A/b", "pkg:maven/org.a/b@1", false);
    }
}
