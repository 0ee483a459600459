//! Package URLs: which package advisories know a component by.
//!
//! Source: github.com/package-url/purl-spec, "purl-types"; ossf.github.io/osv-schema, "Defined ecosystems".

mod url;

use std::borrow::Cow;
use std::str::FromStr as _;
use std::sync::Arc;

use packageurl::PackageUrl;

use self::url::Url;
use crate::domain::package::{Component, Ecosystem, Package};

/// Fills in what a component's package URL says. One that cannot be read leaves the component without a package.
pub(super) fn identify(component: &mut Component) {
    if let Some(written) = component.purl.take() {
        if let Some(url) = Url::parse(&written) {
            take(&url, component);
        }
        component.purl = Some(written);
    }
}

fn take(url: &Url<'_>, component: &mut Component) {
    if component.version.is_none() {
        component.version = url.version.as_deref().map(Arc::from);
    }
    let Some(ecosystem) = ecosystem(url) else { return };
    let is_distribution = matches!(url.kind.as_ref(), "deb" | "apk" | "rpm");
    let mut name = if is_distribution || url.namespace.is_empty() {
        Cow::Borrowed(url.name.as_ref())
    } else {
        let separator = if url.kind == "maven" { ":" } else { "/" };
        Cow::Owned([url.namespace.as_ref(), separator, &url.name].concat())
    };
    // Which of two versions is true cannot be told, so that none may be compared.
    let mut version = component.version.clone().filter(|own| !contradicts(url, own));
    if let Some(epoch) = url.epoch.as_deref()
        && matches!(url.kind.as_ref(), "deb" | "rpm")
    {
        version = version.map(|version| match split_epoch(&version) {
            (Some(_), _) => version,
            (None, _) => Arc::from(format!("{epoch}:{version}")),
        });
    }
    // Advisories of Debian, Ubuntu and Alpine name the source package, which may have a version of its own.
    let source = url.upstream.as_deref().filter(|_| matches!(url.kind.as_ref(), "deb" | "apk"));
    if let Some(source) = source {
        let (source, own) = match source.split_once('@') {
            Some((source, own)) => (source, Some(Arc::from(own))),
            None => (source, None),
        };
        name = Cow::Borrowed(source);
        version = own.or(version);
    }
    component.package = Some(if *name == *component.name {
        Package::shared(ecosystem, &component.name)
    } else {
        Package::new(ecosystem, &name)
    });
    component.compared_version = version;
}

/// Whether a package URL names another version than the bill. A `v` or an epoch that only one of them writes is no difference.
fn contradicts(url: &Url<'_>, own: &str) -> bool {
    let Some(named) = url.version.as_deref().filter(|named| *named != own) else { return false };
    let plain = |text: &'_ str| text.strip_prefix('v').unwrap_or(text).to_owned();
    let (named, own) = (plain(named), plain(own));
    match (split_epoch(&named), split_epoch(&own)) {
        ((Some(_), _), (Some(_), _)) => named != own,
        ((_, named), (_, own)) => named != own,
    }
}

/// The epoch of a distribution's version, and the rest.
fn split_epoch(version: &str) -> (Option<&str>, &str) {
    let is_epoch = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match version.split_once(':') {
        Some((epoch, rest)) if is_epoch(epoch) => (Some(epoch), rest),
        Some(_) | None => (None, version),
    }
}

/// The package that a package URL names, whichever version; none of a type whose packages are not compared.
///
/// # Errors
/// Why the text is no package URL.
pub fn package_of(purl: &str) -> Result<Option<Package>, String> {
    PackageUrl::from_str(purl).map_err(|cause| cause.to_string())?;
    let mut component = Component { purl: Some(Arc::from(purl)), ..Component::default() };
    identify(&mut component);
    Ok(component.package)
}

/// Whose advisories are about a package of this type; none where nobody's are.
fn ecosystem(url: &Url<'_>) -> Option<Ecosystem> {
    Some(Ecosystem::known(match url.kind.as_ref() {
        "cargo" => "crates.io",
        "npm" => "npm",
        "pypi" => "PyPI",
        "golang" => "Go",
        "maven" => "Maven",
        "nuget" => "NuGet",
        "gem" => "RubyGems",
        "composer" => "Packagist",
        "hex" => "Hex",
        "pub" => "Pub",
        "swift" => "SwiftURL",
        // Generators write an action as the repository that it lies in.
        "githubactions" | "github" => "GitHub Actions",
        "bitnami" => "Bitnami",
        "conan" => "ConanCenter",
        "cran" => "CRAN",
        "bioconductor" => "Bioconductor",
        "hackage" => "Hackage",
        "julia" => "Julia",
        "opam" => "opam",
        "vscode-extension" => "VSCode",
        "deb" | "apk" | "rpm" => {
            let distribution = url.distribution.as_deref().unwrap_or_default();
            return Some(distribution_of(&url.kind, &url.namespace, distribution));
        }
        _ => return None,
    }))
}

/// `debian-12` is `Debian:12`; a distribution without a release is known by its family alone, and one that no database
/// knows by a name of its own, so that it is said to be compared with nothing.
fn distribution_of(kind: &str, namespace: &str, distribution: &str) -> Ecosystem {
    // `opensuse-leap-15.5`: the release is what begins with a digit.
    let words = || distribution.split('-');
    let release = words().find(|word| word.starts_with(|first: char| first.is_ascii_digit()));
    let release = release.unwrap_or_default();
    let name = match words().next() {
        Some(name) if !name.is_empty() => name,
        Some(_) | None => namespace,
    };
    let major = |release: &str| release.split('.').next().unwrap_or_default().to_owned();
    let minor = |release: &str| release.splitn(3, '.').take(2).collect::<Vec<_>>().join(".");
    let (family, release) = match (kind, name.to_ascii_lowercase().as_str()) {
        ("deb", "debian") => ("Debian", major(release)),
        ("deb", "ubuntu") => ("Ubuntu", minor(release)),
        ("deb", "echo") => ("Echo", String::new()),
        ("apk", "alpine") => {
            let release = minor(release);
            ("Alpine", if release.is_empty() { release } else { format!("v{release}") })
        }
        ("apk", "wolfi") => ("Wolfi", String::new()),
        ("apk", "chainguard") => ("Chainguard", String::new()),
        ("apk", "minimos") => ("MinimOS", String::new()),
        ("apk", "alpaquita") => ("Alpaquita", String::new()),
        ("rpm", "almalinux") => ("AlmaLinux", major(release)),
        ("rpm", "rocky") => ("Rocky Linux", major(release)),
        ("rpm", "redhat" | "rhel" | "centos") => ("Red Hat", major(release)),
        ("rpm", "opensuse") if distribution.contains("tumbleweed") => {
            ("openSUSE", "Tumbleweed".to_owned())
        }
        ("rpm", "opensuse") => ("openSUSE", minor(release)),
        ("rpm", "sles" | "sled" | "suse") => ("SUSE", minor(release)),
        ("rpm", "photon") => ("Photon OS", minor(release)),
        ("rpm", "azurelinux") => ("Azure Linux", major(release)),
        ("rpm", "mageia") => ("Mageia", major(release)),
        ("rpm", "openeuler") => ("openEuler", String::new()),
        (_, other) => return Ecosystem::new(format!("{kind} {other}").trim_end().to_owned()),
    };
    Ecosystem::new(if release.is_empty() {
        family.to_owned()
    } else {
        format!("{family}:{release}")
    })
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
    if !version.is_empty() {
        purl.with_version(version).ok()?;
    }
    Some(Arc::from(purl.to_string()))
}

/// The SHA-256 digest that a text names: `sha256:…`, also as a package URL writes it.
pub(super) fn digest_in(text: &str) -> Option<String> {
    const DIGITS: usize = 64;
    let text = text.to_ascii_lowercase().replace("%3a", ":");
    let (_, behind) = text.split_once("sha256:")?;
    let digits = behind.get(..DIGITS)?;
    let is_digest = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_digest.then(|| format!("sha256:{digits}"))
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
        for (distribution, ecosystem) in [
            ("redhat/a@1?distro=rhel-9.3", "Red Hat:9"),
            ("suse/a@1?distro=sles-15.5", "SUSE:15.5"),
            ("opensuse/a@1?distro=opensuse-leap-15.5", "openSUSE:15.5"),
            ("opensuse/a@1?distro=opensuse-tumbleweed-20240101", "openSUSE:Tumbleweed"),
            ("azurelinux/a@1?distro=azurelinux-3.0", "Azure Linux:3"),
            ("rocky/a@1", "Rocky Linux"),
            ("amzn/a@1?distro=amzn-2", "rpm amzn"),
        ] {
            check(&format!("pkg:rpm/{distribution}"), &format!("{ecosystem}|a|1"));
        }
    }

    #[test]
    fn of_two_versions_that_contradict_each_other_none_is_compared() {
        for (own, purl, compared) in [
            ("1.8.0", "pkg:golang/example.org/mux@v1.8.0", Some("1.8.0")),
            ("4.17.21", "pkg:npm/lodash@4.17.20", None),
            ("4.17.20", "pkg:npm/lodash", Some("4.17.20")),
            ("2.3-1", "pkg:deb/debian/a@2.3-1?epoch=1&distro=debian-12", Some("1:2.3-1")),
            ("1:2.3-1", "pkg:rpm/redhat/a@2.3-1?epoch=1&distro=rhel-9", Some("1:2.3-1")),
            ("1:2.3-1", "pkg:deb/debian/a@2.3-1?distro=debian-12", Some("1:2.3-1")),
            ("2:2.3-1", "pkg:deb/debian/a@1:2.3-1?distro=debian-12", None),
        ] {
            let mut component = Component {
                version: Some(Arc::from(own)),
                purl: Some(Arc::from(purl)),
                ..Component::default()
            };
            identify(&mut component);
            assert_eq!(component.compared_version.as_deref(), compared, "{own} {purl}");
        }
    }

    #[test]
    fn a_lock_file_s_entry_has_the_canonical_package_url() {
        assert_eq!(of("npm", "@scope/a", "1.0.0").as_deref(), Some("pkg:npm/%40scope/a@1.0.0"));
        assert_eq!(of("cargo", "serde", "1.0.0+x").as_deref(), Some("pkg:cargo/serde@1.0.0%2Bx"));
    }
}
