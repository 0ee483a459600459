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
use std::fmt;
use std::str::FromStr as _;

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
    /// The order of an ecosystem, with its release or without; none where it is not known here.
    ///
    /// Source: ossf.github.io/osv-schema, 1.7.5, "Defined ecosystems".
    pub fn of(ecosystem: &str) -> Option<Self> {
        let (family, release) = ecosystem.split_once(':').unwrap_or((ecosystem, ""));
        Some(match family {
            // Whoever mends packages of others keeps their versions: `TuxCare:npm`, `Docker Hardened Images:Alpine:3.23`.
            "Docker Hardened Images" | "Root" | "TuxCare" => {
                let inner = release.split(':').next().unwrap_or_default();
                return if inner == family { None } else { Self::of(release) };
            }
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

    /// Takes a version apart; none when it is no version of this order.
    pub fn parse(self, text: &str) -> Option<Version<'_>> {
        if text.is_empty() || text.len() > MAX_VERSION_BYTES {
            return None;
        }
        Some(Version(match self {
            // Build metadata has no part in the order, but the crate would compare it.
            Self::Semantic => Form::Semantic(semantic(text.split('+').next().unwrap_or(text))?),
            Self::SemanticWithBuild => Form::Semantic(semantic(text)?),
            Self::Node => Form::Semantic(node(text)?),
            Self::Python => Form::Python(pep440_rs::Version::from_str(text).ok()?),
            Self::Maven => Form::Maven(maven::Version::parse(text)),
            Self::Nuget => Form::Nuget(nuget::Version::parse(text)?),
            Self::Gem => Form::Gem(gem::Version::parse(text)?),
            Self::Composer => Form::Composer(composer::Version::parse(text)?),
            Self::Debian => Form::Debian(debian(text)?),
            Self::Opam => Form::Debian(opam(text)?),
            Self::Rpm => Form::Rpm(rpm_version::Evr::parse(text)),
            Self::Alpine => Form::Alpine(alpine::Version::parse(text)?),
            Self::Dotted => Form::Dotted(dotted::Version::parse(text, &['.'])?),
            Self::DottedOrHyphened => Form::Dotted(dotted::Version::parse(text, &['.', '-'])?),
        }))
    }

    /// Orders two versions.
    ///
    /// # Errors
    /// When one of them is no version of this order.
    pub fn compare(self, left: &str, right: &str) -> Result<Ordering, Unorderable> {
        match (self.parse(left), self.parse(right)) {
            (Some(left), Some(right)) => Ok(left.cmp(&right)),
            (None, _) | (_, None) => Err(Unorderable),
        }
    }
}

/// A version taken apart. Only versions of one [`Order`] may be compared.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub struct Version<'t>(Form<'t>);

impl fmt::Debug for Version<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Version").finish_non_exhaustive()
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Form<'t> {
    Semantic(semver::Version),
    Python(pep440_rs::Version),
    Maven(maven::Version),
    Nuget(nuget::Version<'t>),
    Gem(gem::Version<'t>),
    Composer(composer::Version<'t>),
    Debian(DebianVersion<'t>),
    Rpm(rpm_version::Evr<'t>),
    Alpine(alpine::Version<'t>),
    Dotted(dotted::Version<'t>),
}

/// Reads a version whose last numbers may be missing.
fn semantic(text: &str) -> Option<semver::Version> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let digits = text.split(['-', '+']).next().unwrap_or(text);
    let missing = match digits.split('.').count() {
        1 => ".0.0",
        2 => ".0",
        _ => return semver::Version::parse(text).ok(),
    };
    let rest = text.get(digits.len()..).unwrap_or_default();
    semver::Version::parse(&format!("{digits}{missing}{rest}")).ok()
}

/// npm wants all three numbers, and so does the crate; what is behind a `+` has to be well-formed, but counts no more.
fn node(text: &str) -> Option<semver::Version> {
    let text = text.trim().trim_start_matches('v');
    let version = semver::Version::parse(text).ok()?;
    Some(semver::Version { build: semver::BuildMetadata::EMPTY, ..version })
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
