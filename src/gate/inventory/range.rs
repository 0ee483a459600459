//! A package and a range of its versions, as people write it: `pkg:cargo/openssl@<0.10.66`.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::domain::error::Error;
use crate::domain::inventory::{HolderQuery, VersionTest, Within};
use crate::domain::package::Package;
use crate::domain::service::Environment;
use crate::evidence::advisory::version::Order;
use crate::intake::sbom;

/// What is written between the version and the rest.
const EXAMPLE: &str =
    "write e.g. `pkg:cargo/openssl@<0.10.66` or `pkg:npm/lodash@>=4.0.0,<4.17.21`";

/// A package in a range of its versions, which its ecosystem orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentRange {
    written: String,
    package: Package,
    /// All of them must hold.
    bounds: Vec<Bound>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Bound {
    relation: Relation,
    version: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    Below,
    UpTo,
    Above,
    From,
    Equal,
    Other,
}

impl Relation {
    /// The longer signs first, so that none is taken for a shorter one.
    const SIGNS: [(&'static str, Self); 7] = [
        ("<=", Self::UpTo),
        (">=", Self::From),
        ("!=", Self::Other),
        ("==", Self::Equal),
        ("<", Self::Below),
        (">", Self::Above),
        ("=", Self::Equal),
    ];

    const fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Below => ordering.is_lt(),
            Self::UpTo => ordering.is_le(),
            Self::Above => ordering.is_gt(),
            Self::From => ordering.is_ge(),
            Self::Equal => ordering.is_eq(),
            Self::Other => ordering.is_ne(),
        }
    }
}

impl ComponentRange {
    /// The question to a record.
    pub fn into_query(self, environment: Option<Environment>, team: Option<String>) -> HolderQuery {
        let order = Order::of(self.package.ecosystem.family());
        let Self { written, package, bounds } = self;
        let versions: VersionTest = Arc::new(move |version| within(version, &bounds, order));
        HolderQuery { written, package, versions, environment, team }
    }

    /// The package.
    pub const fn package(&self) -> &Package {
        &self.package
    }
}

/// Unknown is never outside: what cannot be compared may be what was asked for.
fn within(version: Option<&str>, bounds: &[Bound], order: Option<Order>) -> Within {
    let mut is_sure = true;
    for bound in bounds {
        let holds = version.and_then(|version| bound.holds(version, order));
        match holds {
            Some(true) => {}
            Some(false) => return Within::No,
            None => is_sure = false,
        }
    }
    if is_sure { Within::Yes } else { Within::Unsure }
}

impl Bound {
    /// Whether a version is on the right side; none where nobody can tell.
    fn holds(&self, version: &str, order: Option<Order>) -> Option<bool> {
        let ordered = order.and_then(|order| order.compare(version, &self.version).ok());
        match (ordered, self.relation) {
            (Some(ordering), relation) => Some(relation.holds(ordering)),
            // The same text is the same version, in whatever order.
            (None, relation) if version == self.version => Some(relation.holds(Ordering::Equal)),
            (None, _) => None,
        }
    }

    fn read(text: &str) -> Result<Self, Error> {
        let sign = Relation::SIGNS.iter().find(|(sign, _)| text.starts_with(sign));
        let (relation, version) = match sign {
            Some((sign, relation)) => (*relation, text.strip_prefix(sign).unwrap_or(text)),
            None => (Relation::Equal, text),
        };
        let version = version.trim();
        if version.is_empty() {
            return Err(Error::invalid(format!("the bound `{text}` has no version"))
                .with_help("write it behind the sign, e.g. `<0.10.66`, or leave `@` and the range out for every version"));
        }
        if version.starts_with(['^', '~', '<', '>', '=', '!']) {
            return Err(Error::invalid(format!("`{text}` is no bound"))
                .with_help("write `<`, `<=`, `>`, `>=`, `=` or `!=` and a version, and a comma between two bounds: `>=1.2.0,<2.0.0`"));
        }
        Ok(Self { relation, version: version.to_owned() })
    }
}

impl FromStr for ComponentRange {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        read(text.trim()).map_err(|error| error.with_field("component"))
    }
}

fn read(text: &str) -> Result<ComponentRange, Error> {
    let refuse = |why: &str| {
        Error::invalid(format!("`{text}` is not a package URL with a range: {why}"))
            .with_help(EXAMPLE)
    };
    if !text.starts_with("pkg:") {
        return Err(refuse("it does not begin with `pkg:` and a type"));
    }
    // What is behind a question mark says of which distribution the package is.
    let (rest, qualifiers) = match text.split_once('?') {
        Some((rest, qualifiers)) => (rest, format!("?{qualifiers}")),
        None => (text, String::new()),
    };
    let name_begins = rest.rfind('/').map_or(0, |slash| slash + 1);
    let (namespace, name) = rest.split_at_checked(name_begins).unwrap_or(("", rest));
    let (name, range) = match name.split_once('@') {
        Some((name, range)) => (name, Some(range)),
        None => (name, None),
    };
    if name.is_empty() {
        return Err(refuse("it names no package"));
    }
    let purl = format!("{namespace}{name}{qualifiers}");
    let package = match sbom::package_of(&purl) {
        Ok(Some(package)) => package,
        Ok(None) => {
            let kind = purl.trim_start_matches("pkg:").split('/').next().unwrap_or_default();
            return Err(Error::invalid(format!("packages of the type `{kind}` are not kept in the inventory"))
                .with_help("write the type that the bills write, e.g. `cargo`, `npm`, `pypi`, `golang`, `maven`, `nuget`, `gem`, `composer`, `deb`, `apk`, `rpm`"));
        }
        Err(why) => return Err(refuse(&why)),
    };
    let bounds: Vec<Bound> = match range {
        None | Some("*") => Vec::new(),
        Some(range) => {
            range.split(',').map(|bound| Bound::read(bound.trim())).collect::<Result<_, _>>()?
        }
    };
    let bounds =
        bounds.into_iter().map(|bound| comparable(&package, bound)).collect::<Result<_, _>>()?;
    Ok(ComponentRange { written: text.to_owned(), package, bounds })
}

/// The bound as the ecosystem writes versions: npm wants three numbers, people write `<5`.
///
/// # Errors
/// When no version could be compared with it.
fn comparable(package: &Package, bound: Bound) -> Result<Bound, Error> {
    let Bound { relation, version } = bound;
    let family = package.ecosystem.family();
    let Some(order) = Order::of(family) else {
        if matches!(relation, Relation::Equal | Relation::Other) {
            return Ok(Bound { relation, version });
        }
        let message = format!("nobody here knows how {family} orders its versions");
        return Err(Error::invalid(message).with_help(
            "ask for single versions, e.g. `@=1.2.3`, or leave `@` and the range out for every version",
        ));
    };
    let whole = ["", ".0", ".0.0"].map(|missing| format!("{version}{missing}"));
    match whole.into_iter().find(|version| order.compare(version, version).is_ok()) {
        Some(version) => Ok(Bound { relation, version }),
        None => Err(Error::invalid(format!("`{version}` is no version in the order of {family}"))
            .with_help(EXAMPLE)),
    }
}

impl fmt::Display for ComponentRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> ComponentRange {
        text.parse().unwrap()
    }

    #[track_caller]
    fn check(text: &str, version: Option<&str>, expected: Within) {
        let query = range(text).into_query(None, None);
        assert_eq!((query.versions)(version), expected, "{text} {version:?}");
    }

    #[test]
    fn bounds_are_compared_in_the_order_of_the_ecosystem() {
        check("pkg:cargo/openssl@<0.10.66", Some("0.10.9"), Within::Yes);
        check("pkg:cargo/openssl@<0.10.66", Some("0.10.66"), Within::No);
        check("pkg:cargo/openssl@<=0.10.66", Some("0.10.66"), Within::Yes);
        check("pkg:cargo/openssl@>=0.9,<0.10.66", Some("0.8.1"), Within::No);
        check("pkg:cargo/openssl@>0.10.65", Some("0.10.66"), Within::Yes);
        check("pkg:deb/debian/openssl@<3.0.11-1~deb12u2", Some("3.0.11-1~deb12u1"), Within::Yes);
        check("pkg:maven/org.apache.logging.log4j/log4j-core@<2.15.0", Some("2.14.1"), Within::Yes);
        check("pkg:pypi/django@!=4.2", Some("4.2.0"), Within::No);
    }

    #[test]
    fn without_a_sign_it_is_that_version_and_without_a_range_every_one() {
        check("pkg:npm/%40angular/core@17.0.0", Some("17.0.0"), Within::Yes);
        check("pkg:npm/@angular/core@17.0.0", Some("17.0.1"), Within::No);
        check("pkg:npm/@angular/core", None, Within::Yes);
        check("pkg:npm/@angular/core@*", Some("latest"), Within::Yes);
    }

    #[test]
    fn what_cannot_be_compared_is_not_outside() {
        check("pkg:npm/a@<1.0.0", Some("latest"), Within::Unsure);
        check("pkg:npm/a@<1.0.0", None, Within::Unsure);
        check("pkg:npm/a@<5", Some("4.17.0"), Within::Yes);
        check("pkg:conan/zlib@=1.2", Some("1.2"), Within::Yes);
        check("pkg:conan/zlib@=1.2", Some("1.3"), Within::Unsure);
    }

    #[test]
    fn the_name_is_normalised_and_the_distribution_may_be_named() {
        assert_eq!(range("pkg:pypi/Zope.Interface@<5").package().name.as_ref(), "zope-interface");
        let any = range("pkg:deb/debian/openssl@<3");
        assert_eq!(any.package().ecosystem.as_str(), "Debian");
        let twelve = range("pkg:deb/debian/openssl@<3?distro=debian-12");
        assert_eq!(twelve.package().ecosystem.as_str(), "Debian:12");
    }

    #[test]
    fn what_is_no_range_is_refused_with_something_to_type() {
        for (text, part) in [
            ("openssl@<0.10.66", "does not begin with `pkg:`"),
            ("<0.10.66", "does not begin with `pkg:`"),
            ("pkg:cargo/", "names no package"),
            ("pkg:cargo", "is not a package URL"),
            ("pkg:generic/openssl@<3", "type `generic`"),
            ("pkg:cargo/openssl@<", "has no version"),
            ("pkg:cargo/openssl@", "has no version"),
            ("pkg:cargo/openssl@^1.2.0", "is no bound"),
            ("pkg:cargo/openssl@<abc", "no version in the order of crates.io"),
            ("pkg:conan/zlib@<1.2", "nobody here knows how ConanCenter"),
            ("", "is not a package URL"),
        ] {
            let error = text.parse::<ComponentRange>().unwrap_err();
            assert!(error.external().contains(part), "{text}: {}", error.external());
            assert!(
                error.help().is_some_and(|help| help.contains("write") || help.contains("ask")),
                "{text}"
            );
            assert_eq!(error.field(), Some("component"));
        }
    }
}
