//! Package URLs: which package advisories know a component by.
//!
//! Source: github.com/package-url/purl-spec, "purl-types"; ossf.github.io/osv-schema, "Defined ecosystems".

use std::borrow::Cow;
use std::str::FromStr;
use std::sync::Arc;

use packageurl::PackageUrl;

use crate::domain::package::{Component, Ecosystem, Package};

/// Fills in what a component's package URL says. One that cannot be read leaves the component without a package.
pub(super) fn identify(component: &mut Component) {
    let Some(written) = component.purl.clone() else { return };
    let Ok(purl) = PackageUrl::from_str(&written) else { return };
    if component.version.is_none() {
        component.version = purl.version().map(Arc::from);
    }
    let qualifiers = purl.qualifiers();
    let qualifier = |key: &str| qualifiers.get(key).map(AsRef::<str>::as_ref);
    let distribution = qualifier("distro").unwrap_or_default();
    let namespace = purl.namespace().unwrap_or_default();
    let joined = |separator: &str| match namespace {
        "" => Cow::Borrowed(purl.name()),
        _ => Cow::Owned(format!("{namespace}{separator}{}", purl.name())),
    };
    let (ecosystem, name) = match purl.ty() {
        "cargo" => (Ecosystem::new("crates.io"), joined("/")),
        "npm" => (Ecosystem::new("npm"), joined("/")),
        "pypi" => (Ecosystem::new("PyPI"), joined("/")),
        "golang" => (Ecosystem::new("Go"), joined("/")),
        "maven" => (Ecosystem::new("Maven"), joined(":")),
        "nuget" => (Ecosystem::new("NuGet"), joined("/")),
        "gem" => (Ecosystem::new("RubyGems"), joined("/")),
        "composer" => (Ecosystem::new("Packagist"), joined("/")),
        "hex" => (Ecosystem::new("Hex"), joined("/")),
        "pub" => (Ecosystem::new("Pub"), joined("/")),
        "swift" => (Ecosystem::new("SwiftURL"), joined("/")),
        "githubactions" => (Ecosystem::new("GitHub Actions"), joined("/")),
        "deb" | "apk" | "rpm" => {
            let Some(ecosystem) = distribution_of(purl.ty(), namespace, distribution) else {
                return;
            };
            (ecosystem, Cow::Borrowed(purl.name()))
        }
        _ => return,
    };
    let version = component.version.clone();
    // Advisories of Debian, Ubuntu and Alpine name the source package, which may have a version of its own.
    let source = qualifier("upstream").filter(|_| matches!(purl.ty(), "deb" | "apk"));
    let (name, version) = match source
        .map(|source| source.split_once('@').map_or((source, None), |(n, v)| (n, Some(v))))
    {
        Some((name, own)) => (Cow::Borrowed(name), own.map(Arc::from).or(version)),
        None => (name, version),
    };
    let version = match qualifier("epoch").filter(|_| purl.ty() == "rpm") {
        Some(epoch) => version.map(|version| Arc::from(format!("{epoch}:{version}"))),
        None => version,
    };
    component.package = Some(Package::new(ecosystem, &name));
    component.compared_version = version;
}

/// `debian` and `debian-12` are `Debian:12`; a distribution without a release is known by its family alone.
fn distribution_of(kind: &str, namespace: &str, distribution: &str) -> Option<Ecosystem> {
    let (name, release) = distribution.split_once('-').unwrap_or((namespace, ""));
    let name = if name.is_empty() { namespace } else { name };
    let major = |release: &str| release.split('.').next().unwrap_or_default().to_owned();
    let minor = |release: &str| release.splitn(3, '.').take(2).collect::<Vec<_>>().join(".");
    let (family, release) = match (kind, name) {
        ("deb", "debian") => ("Debian", major(release)),
        ("deb", "ubuntu") => ("Ubuntu", minor(release)),
        ("apk", "alpine") => {
            let release = minor(release);
            ("Alpine", if release.is_empty() { release } else { format!("v{release}") })
        }
        ("rpm", "almalinux") => ("AlmaLinux", major(release)),
        ("rpm", "rocky") => ("Rocky Linux", major(release)),
        ("rpm", "redhat" | "rhel" | "centos") => ("Red Hat", String::new()),
        ("rpm", "opensuse" | "sles" | "suse") => ("SUSE", String::new()),
        _ => return None,
    };
    Some(Ecosystem::new(if release.is_empty() {
        family.to_owned()
    } else {
        format!("{family}:{release}")
    }))
}

/// A package URL for a lock file's entry, in the canonical form.
pub(super) fn of(kind: &str, name: &str, version: &str) -> Option<Arc<str>> {
    let (namespace, name) = match name.rsplit_once('/') {
        Some((namespace, name)) => (Some(namespace), name),
        None => (None, name),
    };
    let mut purl = PackageUrl::new(kind, name).ok()?;
    if let Some(namespace) = namespace {
        purl.with_namespace(namespace).ok()?;
    }
    purl.with_version(version).ok()?;
    Some(Arc::from(purl.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(purl: &str, expected: &str) {
        let mut component = Component { purl: Some(Arc::from(purl)), ..Component::default() };
        identify(&mut component);
        let shown = component.package.map(|package| {
            format!(
                "{}|{}|{}",
                package.ecosystem,
                package.name,
                component.compared_version.unwrap_or_default()
            )
        });
        assert_eq!(shown.as_deref().unwrap_or("none"), expected, "{purl}");
    }

    #[test]
    fn a_package_url_names_the_package_that_advisories_know() {
        check("pkg:cargo/serde@1.0.1", "crates.io|serde|1.0.1");
        check("pkg:npm/%40angular/core@17.0.0", "npm|@angular/core|17.0.0");
        check("pkg:pypi/Django_Rest.framework@3.1", "PyPI|django-rest-framework|3.1");
        check("pkg:golang/github.com/gorilla/mux@v1.8.0", "Go|github.com/gorilla/mux|v1.8.0");
        check(
            "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1",
            "Maven|org.apache.logging.log4j:log4j-core|2.14.1",
        );
        check("pkg:generic/openssl@3.0", "none");
        check("not a purl", "none");
    }

    #[test]
    fn of_a_distribution_the_source_package_counts() {
        check(
            "pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12&upstream=glibc",
            "Debian:12|glibc|2.36-9",
        );
        check(
            "pkg:deb/debian/libgcc-s1@12.2.0-14?distro=debian-12&upstream=gcc-12%4012.2.0-13",
            "Debian:12|gcc-12|12.2.0-13",
        );
        check("pkg:deb/ubuntu/bash@5.1?distro=ubuntu-22.04", "Ubuntu:22.04|bash|5.1");
        check(
            "pkg:apk/alpine/libcrypto3@3.1.4-r0?upstream=openssl&distro=alpine-3.18.4",
            "Alpine:v3.18|openssl|3.1.4-r0",
        );
        check(
            "pkg:rpm/almalinux/bash@5.1.8-6.el9?epoch=1&distro=almalinux-9.3",
            "AlmaLinux:9|bash|1:5.1.8-6.el9",
        );
    }

    #[test]
    fn a_lock_file_s_entry_has_the_canonical_package_url() {
        assert_eq!(of("npm", "@scope/a", "1.0.0").as_deref(), Some("pkg:npm/%40scope/a@1.0.0"));
        assert_eq!(of("cargo", "serde", "1.0.0+x").as_deref(), Some("pkg:cargo/serde@1.0.0%2Bx"));
    }
}
