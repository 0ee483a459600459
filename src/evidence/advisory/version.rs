//! How each ecosystem orders its versions: a wrong order would be a wrong allow.
//!
//! Where an ecosystem's own order is not at hand, nothing is compared, and the caller counts the component as affected.

use std::cmp::Ordering;
use std::str::FromStr;

/// Two versions that cannot be ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unorderable;

/// How the versions of a family of ecosystems are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Semantic versions, with or without a `v`. Source: semver.org, 2.0.0, clause 11.
    Semantic,
    /// Semantic versions as npm reads them.
    Node,
    /// PEP 440.
    Python,
    /// Debian policy, 5.6.12.
    Debian,
    /// `rpmvercmp` over epoch, version and release.
    Rpm,
}

impl Order {
    /// The order of an ecosystem's family; none where it is not known here.
    pub fn of(family: &str) -> Option<Self> {
        Some(match family {
            "crates.io" | "Go" | "Hex" | "Pub" | "SwiftURL" | "GitHub Actions" => Self::Semantic,
            "npm" => Self::Node,
            "PyPI" => Self::Python,
            "Debian" | "Ubuntu" => Self::Debian,
            "AlmaLinux" | "Rocky Linux" | "Red Hat" | "SUSE" | "openSUSE" | "Photon OS" => {
                Self::Rpm
            }
            _ => return None,
        })
    }

    /// Orders two versions.
    ///
    /// # Errors
    /// When one of them is no version of this order.
    pub fn compare(self, left: &str, right: &str) -> Result<Ordering, Unorderable> {
        match self {
            Self::Semantic => compare_parsed::<Semantic>(left, right),
            Self::Node => compare_parsed::<Node>(left, right),
            Self::Python => compare_parsed::<Python>(left, right),
            Self::Debian => {
                if is_debian(left) && is_debian(right) {
                    Ok(deb_version::compare_versions(left, right))
                } else {
                    Err(Unorderable)
                }
            }
            Self::Rpm => {
                if left.is_empty() || right.is_empty() {
                    return Err(Unorderable);
                }
                Ok(rpm_version::Evr::parse(left).cmp(&rpm_version::Evr::parse(right)))
            }
        }
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
        let text = text.strip_prefix('v').unwrap_or(text);
        // Build metadata has no part in the order, but the crate would compare it.
        let text = text.split('+').next().unwrap_or(text);
        let digits = text.split('-').next().unwrap_or(text);
        let missing = match digits.split('.').count() {
            1 => ".0.0",
            2 => ".0",
            _ => "",
        };
        let rest = text.get(digits.len()..).unwrap_or_default();
        match semver::Version::parse(&format!("{digits}{missing}{rest}")) {
            Ok(version) => Ok(Self(version)),
            Err(_) => Err(Unorderable),
        }
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Node(nodejs_semver::Version);

impl FromStr for Node {
    type Err = Unorderable;

    fn from_str(text: &str) -> Result<Self, Unorderable> {
        nodejs_semver::Version::parse(text).map_or(Err(Unorderable), |version| Ok(Self(version)))
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

/// `[epoch:]upstream[-revision]`; the upstream version begins with a digit.
fn is_debian(text: &str) -> bool {
    let upstream = match text.split_once(':') {
        Some((epoch, rest))
            if !epoch.is_empty() && epoch.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            rest
        }
        Some(_) => return false,
        None => text,
    };
    upstream.starts_with(|first: char| first.is_ascii_digit())
        && upstream.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".+-~:".contains(&byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn ascending(family: &str, versions: &[&str]) {
        let order = Order::of(family).unwrap();
        for pair in versions.windows(2) {
            assert_eq!(order.compare(pair[0], pair[1]), Ok(Ordering::Less), "{family}: {pair:?}");
            assert_eq!(
                order.compare(pair[1], pair[0]),
                Ok(Ordering::Greater),
                "{family}: {pair:?}"
            );
        }
    }

    #[test]
    fn versions_are_ordered_as_their_specifications_say() {
        // semver.org, clause 11.
        ascending(
            "crates.io",
            &[
                "1.0.0-alpha",
                "1.0.0-alpha.1",
                "1.0.0-alpha.beta",
                "1.0.0-beta",
                "1.0.0-beta.2",
                "1.0.0-beta.11",
                "1.0.0-rc.1",
                "1.0.0",
                "2.0.0",
                "2.1.0",
                "2.1.1",
            ],
        );
        ascending("Go", &["v0.0.0-20190101000000-abcdefabcdef", "v0.1.0", "v1.9.0", "1.10.0"]);
        ascending("npm", &["1.0.0-0", "1.0.0", "v1.2.3", "1.10.0"]);
        // peps.python.org/pep-0440, "Summary of permitted suffixes and relative ordering".
        ascending(
            "PyPI",
            &[
                "1.dev0",
                "1.0.dev456",
                "1.0a1",
                "1.0a2.dev456",
                "1.0a12.dev456",
                "1.0a12",
                "1.0b1.dev456",
                "1.0b2",
                "1.0b2.post345.dev456",
                "1.0b2.post345",
                "1.0rc1.dev456",
                "1.0rc1",
                "1.0",
                "1.0+abc.5",
                "1.0+abc.7",
                "1.0+5",
                "1.0.post456.dev34",
                "1.0.post456",
                "1.0.15",
                "1.1.dev1",
                "1!0.1",
            ],
        );
        // www.debian.org/doc/debian-policy, 5.6.12.
        ascending(
            "Debian",
            &[
                "1.0~~",
                "1.0~~a",
                "1.0~",
                "1.0",
                "1.0-1",
                "1.0-1+deb12u1",
                "1.0a",
                "1.2",
                "1.10",
                "1:0.1",
            ],
        );
        ascending(
            "AlmaLinux",
            &[
                "1.0~rc1-1",
                "1.0-1",
                "1.0^git1-1",
                "1.0.1-1.el9",
                "1.0.1-2.el9",
                "1.2-1",
                "1.10-1",
                "1:0.1-1",
            ],
        );
    }

    #[test]
    fn equal_versions_are_equal_however_they_are_written() {
        for (family, left, right) in [
            ("crates.io", "1.0.0+a", "1.0.0+b"),
            ("Go", "v1.2.3", "1.2.3"),
            ("PyPI", "1.0", "1.0.0"),
            ("PyPI", "1.0-ALPHA1", "1.0a1"),
            ("Debian", "0:1.0", "1.0"),
        ] {
            assert_eq!(
                Order::of(family).unwrap().compare(left, right),
                Ok(Ordering::Equal),
                "{left} {right}"
            );
        }
    }

    #[test]
    fn what_is_no_version_is_not_ordered() {
        for (family, odd) in [
            ("crates.io", "latest"),
            ("crates.io", "1.2.3.4"),
            ("npm", "git+ssh://x"),
            ("PyPI", "one"),
            ("Debian", "latest"),
            ("Debian", ""),
            ("AlmaLinux", ""),
        ] {
            assert_eq!(
                Order::of(family).unwrap().compare(odd, "1.0.0"),
                Err(Unorderable),
                "{family} {odd}"
            );
        }
        assert_eq!(Order::of("Maven"), None);
    }

    proptest! {
        #[test]
        fn every_order_is_one(
            family in proptest::sample::select(vec!["crates.io", "npm", "PyPI", "Debian", "AlmaLinux"]),
            versions in proptest::collection::vec("(1:)?[0-9]{1,2}(\\.[0-9]{1,2}){0,3}([-~+.]?(a|rc|dev|post)?[0-9]{0,2})?", 3),
        ) {
            let order = Order::of(family).unwrap();
            let compare = |a: usize, b: usize| order.compare(&versions[a], &versions[b]);
            prop_assert_eq!(compare(0, 1).map(Ordering::reverse), compare(1, 0));
            if let (Ok(ab), Ok(bc)) = (compare(0, 1), compare(1, 2)) && ab.is_le() && bc.is_le() {
                prop_assert_ne!(compare(0, 2), Ok(Ordering::Greater), "{:?}", versions);
            }
        }
    }
}
