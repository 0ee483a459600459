//! How each ecosystem orders its versions: a wrong order would be a wrong allow.
//!
//! Where an ecosystem's own order is not at hand, nothing is compared, and the caller counts the component as affected.

mod alpine;
mod composer;
mod dotted;
mod gem;
mod maven;
mod nuget;
mod number;

use std::cmp::Ordering;
use std::str::FromStr;

/// A version that is longer is none: what takes one apart must not be led into the depth.
const MAX_VERSION_BYTES: usize = 512;

/// Two versions that cannot be ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unorderable;

/// How the versions of a family of ecosystems are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Semantic versions, with or without a `v`. Source: semver.org, 2.0.0, clause 11.
    Semantic,
    /// Semantic versions whose build metadata counts. Sources: dart.dev/tools/pub/versioning; Julia's `VersionNumber`.
    SemanticWithBuild,
    /// Semantic versions as npm reads them.
    Node,
    /// PEP 440.
    Python,
    /// Maven's `ComparableVersion`.
    Maven,
    /// Semantic versions with up to four numbers, without regard to case.
    Nuget,
    /// `Gem::Version`.
    Gem,
    /// Composer's, by PHP's `version_compare`.
    Composer,
    /// Debian policy, 5.6.12.
    Debian,
    /// As Debian's upstream versions. Source: opam.ocaml.org/doc/Manual.html, "Version ordering".
    Opam,
    /// `rpmvercmp` over epoch, version and release.
    Rpm,
    /// Alpine's `apk`.
    Alpine,
    /// Lists of numbers.
    Dotted,
    /// Lists of numbers with dots or hyphens between them.
    DottedOrHyphened,
}

impl Order {
    /// The order of an ecosystem's family; none where it is not known here.
    ///
    /// Source: ossf.github.io/osv-schema, "Defined ecosystems".
    pub fn of(family: &str) -> Option<Self> {
        Some(match family {
            "crates.io" | "Go" | "Hex" | "SwiftURL" | "GitHub Actions" | "Bitnami" | "VSCode"
            | "Kubernetes" => Self::Semantic,
            "Pub" | "Julia" => Self::SemanticWithBuild,
            "npm" => Self::Node,
            "PyPI" => Self::Python,
            "Maven" => Self::Maven,
            "NuGet" => Self::Nuget,
            "RubyGems" => Self::Gem,
            "Packagist" => Self::Composer,
            "Debian" | "Ubuntu" | "Echo" => Self::Debian,
            "opam" => Self::Opam,
            "AlmaLinux" | "Rocky Linux" | "Red Hat" | "SUSE" | "openSUSE" | "Photon OS"
            | "Azure Linux" | "Mageia" | "openEuler" => Self::Rpm,
            "Alpine"
            | "Alpaquita"
            | "BellSoft Hardened Containers"
            | "Chainguard"
            | "MinimOS"
            | "Wolfi" => Self::Alpine,
            "Hackage" | "GHC" => Self::Dotted,
            "CRAN" | "Bioconductor" => Self::DottedOrHyphened,
            _ => return None,
        })
    }

    /// Orders two versions.
    ///
    /// # Errors
    /// When one of them is no version of this order.
    pub fn compare(self, left: &str, right: &str) -> Result<Ordering, Unorderable> {
        let is_long = |version: &str| version.is_empty() || version.len() > MAX_VERSION_BYTES;
        if is_long(left) || is_long(right) {
            return Err(Unorderable);
        }
        match self {
            Self::Semantic => compare_parsed::<Semantic>(left, right),
            Self::SemanticWithBuild => compare_parsed::<SemanticWithBuild>(left, right),
            Self::Node => compare_parsed::<Node>(left, right),
            Self::Python => compare_parsed::<Python>(left, right),
            Self::Maven => Ok(maven::compare(left, right)),
            Self::Nuget => in_order(nuget::Version::parse(left), nuget::Version::parse(right)),
            Self::Gem => in_order(gem::Version::parse(left), gem::Version::parse(right)),
            Self::Composer => {
                in_order(composer::Version::parse(left), composer::Version::parse(right))
            }
            Self::Debian => in_order(debian(left), debian(right)),
            Self::Opam => in_order(opam(left), opam(right)),
            Self::Rpm => Ok(rpm_version::Evr::parse(left).cmp(&rpm_version::Evr::parse(right))),
            Self::Alpine => in_order(alpine::Version::parse(left), alpine::Version::parse(right)),
            Self::Dotted => in_order(
                dotted::Version::parse(left, &['.']),
                dotted::Version::parse(right, &['.']),
            ),
            Self::DottedOrHyphened => in_order(
                dotted::Version::parse(left, &['.', '-']),
                dotted::Version::parse(right, &['.', '-']),
            ),
        }
    }
}

fn in_order<V: Ord>(left: Option<V>, right: Option<V>) -> Result<Ordering, Unorderable> {
    match (left, right) {
        (Some(left), Some(right)) => Ok(left.cmp(&right)),
        (None, _) | (_, None) => Err(Unorderable),
    }
}

fn compare_parsed<V: FromStr + Ord>(left: &str, right: &str) -> Result<Ordering, Unorderable> {
    match (left.parse::<V>(), right.parse::<V>()) {
        (Ok(left), Ok(right)) => Ok(left.cmp(&right)),
        (Err(_), _) | (_, Err(_)) => Err(Unorderable),
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Semantic(semver::Version);

impl FromStr for Semantic {
    type Err = Unorderable;

    fn from_str(text: &str) -> Result<Self, Unorderable> {
        // Build metadata has no part in the order, but the crate would compare it.
        semantic(text.split('+').next().unwrap_or(text)).map(Self)
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct SemanticWithBuild(semver::Version);

impl FromStr for SemanticWithBuild {
    type Err = Unorderable;

    fn from_str(text: &str) -> Result<Self, Unorderable> {
        semantic(text).map(Self)
    }
}

/// Reads a version whose last numbers may be missing.
fn semantic(text: &str) -> Result<semver::Version, Unorderable> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let digits = text.split(['-', '+']).next().unwrap_or(text);
    let missing = match digits.split('.').count() {
        1 => ".0.0",
        2 => ".0",
        _ => "",
    };
    let rest = text.get(digits.len()..).unwrap_or_default();
    semver::Version::parse(&format!("{digits}{missing}{rest}")).map_err(|_refused| Unorderable)
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Node(semver::Version);

impl FromStr for Node {
    type Err = Unorderable;

    fn from_str(text: &str) -> Result<Self, Unorderable> {
        // npm wants all three numbers, and so does the crate; what is behind a `+` has to be well-formed, but counts no more.
        let text = text.trim().trim_start_matches('v');
        let version = semver::Version::parse(text).map_err(|_refused| Unorderable)?;
        Ok(Self(semver::Version { build: semver::BuildMetadata::EMPTY, ..version }))
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Python(pep440_rs::Version);

impl FromStr for Python {
    type Err = Unorderable;

    fn from_str(text: &str) -> Result<Self, Unorderable> {
        pep440_rs::Version::from_str(text).map_or(Err(Unorderable), |version| Ok(Self(version)))
    }
}

/// A version in the order of Debian's packages.
struct DebianVersion<'t>(std::borrow::Cow<'t, str>);

impl Ord for DebianVersion<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        deb_version::compare_versions(&self.0, &other.0)
    }
}

impl PartialOrd for DebianVersion<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for DebianVersion<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for DebianVersion<'_> {}

/// `[epoch:]upstream[-revision]`; the upstream version begins with a digit.
fn debian(text: &str) -> Option<DebianVersion<'_>> {
    let upstream = match text.split_once(':') {
        Some((epoch, rest))
            if !epoch.is_empty() && epoch.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            rest
        }
        Some(_) => return None,
        None => text,
    };
    let is_version = upstream.starts_with(|first: char| first.is_ascii_digit())
        && upstream.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".+-~:".contains(&byte));
    is_version.then_some(DebianVersion(text.into()))
}

/// The whole text is one upstream version, a hyphen a character like any other.
fn opam(text: &str) -> Option<DebianVersion<'_>> {
    let is_version =
        text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".+-~_".contains(&byte));
    is_version.then(|| DebianVersion(format!("0:{text}-0").into()))
}

#[cfg(test)]
mod tests;
