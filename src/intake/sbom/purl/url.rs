//! A package URL taken apart, as far as advisories need it.
//!
//! Nearly all of them are plain, and a bill has thousands: those are borrowed from their text. The library reads the rest, and
//! says what is none.

use std::borrow::Cow;
use std::str::FromStr;

use packageurl::PackageUrl;

/// What a package URL says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Url<'u> {
    pub(super) kind: Cow<'u, str>,
    /// Empty where there is none.
    pub(super) namespace: Cow<'u, str>,
    pub(super) name: Cow<'u, str>,
    pub(super) version: Option<Cow<'u, str>>,
    pub(super) distribution: Option<Cow<'u, str>>,
    /// The source package of a distribution.
    pub(super) upstream: Option<Cow<'u, str>>,
    pub(super) epoch: Option<Cow<'u, str>>,
}

impl<'u> Url<'u> {
    /// Takes a text apart; none when it is no package URL.
    pub(super) fn parse(text: &'u str) -> Option<Self> {
        plain(text).or_else(|| of_library(text))
    }
}

fn of_library(text: &str) -> Option<Url<'static>> {
    let purl = PackageUrl::from_str(text).ok()?;
    let owned = |text: &str| Cow::Owned(text.to_owned());
    let qualifier = |key: &str| purl.qualifiers().get(key).map(|value| owned(value));
    Some(Url {
        kind: owned(purl.ty()),
        namespace: owned(purl.namespace().unwrap_or_default()),
        name: owned(purl.name()),
        version: purl.version().map(owned),
        distribution: qualifier("distro"),
        upstream: qualifier("upstream"),
        epoch: qualifier("epoch"),
    })
}

/// Whether a type of package URL has a namespace.
#[derive(PartialEq, Eq)]
enum Namespace {
    Never,
    Optional,
    Always,
}

/// What stands for itself in path and version, by its byte.
const IS_PLAIN: [bool; 256] = {
    let mut is_plain = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        let (head, _) = is_plain.split_at_mut(byte as usize + 1);
        if let Some(last) = head.last_mut() {
            *last = byte.is_ascii_lowercase()
                || byte.is_ascii_digit()
                || matches!(byte, b'-' | b'.' | b'_' | b'+' | b'~' | b':');
        }
        byte += 1;
    }
    is_plain
};

/// Where the parts of a package URL behind its type meet, found in one pass.
#[derive(Default)]
struct Marks {
    /// The last slash of the path.
    slash: Option<usize>,
    /// What stands before the version.
    at: Option<usize>,
    /// Whether the version has a slash.
    has_late_slash: bool,
    /// What stands before the qualifiers.
    question: Option<usize>,
    /// Whether path and version have nothing that would have to be looked at twice.
    is_simple: bool,
}

impl Marks {
    /// None of a text with a part of its own behind it.
    fn of(text: &str) -> Option<Self> {
        let mut marks = Self { is_simple: true, ..Self::default() };
        // The last slash, and that before the last `@`.
        let (mut slash, mut slash_before) = (None, None);
        let is_mark = |byte: &u8| IS_PLAIN.get(usize::from(*byte)) != Some(&true);
        let bytes = text.as_bytes();
        let mut next = bytes.iter().position(is_mark);
        while let Some(at) = next {
            match bytes.get(at) {
                Some(b'/') => slash = Some(at),
                Some(b'@') => {
                    marks.at = Some(at);
                    slash_before = slash;
                }
                Some(b'?') => {
                    marks.question = Some(at);
                    if bytes.get(at..)?.contains(&b'#') {
                        return None;
                    }
                    break;
                }
                Some(b'#') | None => return None,
                Some(_) => marks.is_simple = false,
            }
            let behind = at + 1;
            next = bytes.get(behind..)?.iter().position(is_mark).map(|step| behind + step);
        }
        marks.slash = if marks.at.is_some() { slash_before } else { slash };
        marks.has_late_slash = marks.at.is_some() && slash > marks.at;
        Some(marks)
    }
}

/// Takes a text apart that needs none of the specification's rules for its type; none when it may need one.
///
/// INVARIANT: what this returns is what the library returns.
fn plain(text: &str) -> Option<Url<'_>> {
    let rest = text.strip_prefix("pkg:")?;
    // A type is a few bytes long: to look at each is quicker than to prepare a search.
    let slash = rest.bytes().position(|byte| byte == b'/')?;
    let (kind, rest) = (rest.get(..slash)?, rest.get(slash + 1..)?);
    let wants = match kind {
        "cargo" | "pypi" | "nuget" | "gem" | "pub" => Namespace::Never,
        "npm" | "golang" | "maven" | "deb" | "apk" | "rpm" | "hex" => Namespace::Optional,
        "composer" => Namespace::Always,
        _ => return None,
    };
    let marks = Marks::of(rest)?;
    let (small, decoded): (Reader, Reader) =
        if marks.is_simple { (as_written, as_written) } else { (small, decoded) };
    let end = marks.question.unwrap_or(rest.len());
    let path = rest.get(..marks.at.unwrap_or(end))?;
    let version = match marks.at {
        Some(at) => Some(rest.get(at + 1..end)?),
        None => None,
    };
    if version.is_some_and(str::is_empty) || marks.has_late_slash {
        return None;
    }
    let (namespace, name) = match marks.slash {
        Some(at) => (rest.get(..at)?, path.get(at + 1..)?),
        None => ("", path),
    };
    let has_namespace = path.len() > name.len();
    let is_allowed = match wants {
        Namespace::Never => !has_namespace,
        Namespace::Optional => true,
        Namespace::Always => has_namespace,
    };
    let is_segment = |part: &str| !matches!(part, "" | "." | "..");
    if !is_allowed || !is_segment(name) || has_namespace && !namespace.split('/').all(is_segment) {
        return None;
    }
    let mut url = Url {
        kind: Cow::Borrowed(kind),
        namespace: small(namespace)?,
        name: small(name).filter(|name| kind != "pypi" || !name.contains('_'))?,
        version: version.map(decoded).map_or(Some(None), |version| version.map(Some))?,
        distribution: None,
        upstream: None,
        epoch: None,
    };
    let Some(question) = marks.question else { return Some(url) };
    for pair in rest.get(question + 1..)?.split('&') {
        let Some((key, value)) = pair.split_once('=').filter(|(_, value)| !value.is_empty()) else {
            if pair.is_empty() {
                continue;
            }
            return None;
        };
        let is_key = |byte: u8| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'-' | b'.');
        if key.is_empty() || !key.bytes().all(is_key) {
            return None;
        }
        let value = self::decoded(value)?;
        match key {
            "distro" => url.distribution = Some(value),
            "upstream" => url.upstream = Some(value),
            "epoch" => url.epoch = Some(value),
            _ => {}
        }
    }
    Some(url)
}

type Reader = fn(&str) -> Option<Cow<'_, str>>;

#[expect(clippy::unnecessary_wraps, reason = "stands in for readers that may find nothing")]
fn as_written(text: &str) -> Option<Cow<'_, str>> {
    Some(Cow::Borrowed(text))
}

/// A name whose letters are small already, and which holds nothing that divides one.
fn small(text: &str) -> Option<Cow<'_, str>> {
    let name = decoded(text)?;
    let n_slashes = |text: &str| text.bytes().filter(|byte| *byte == b'/').count();
    let is_small = !name.bytes().any(|byte| byte.is_ascii_uppercase());
    (is_small && n_slashes(&name) == n_slashes(text)).then_some(name)
}

/// The text with its `%40` and the like taken for what they are; none when it is not plain ASCII.
fn decoded(text: &str) -> Option<Cow<'_, str>> {
    if !text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'?') {
        return None;
    }
    if !text.contains('%') {
        return Some(Cow::Borrowed(text));
    }
    let mut parts = text.split('%');
    let mut plain = String::with_capacity(text.len());
    plain.push_str(parts.next()?);
    for part in parts {
        let digits = part.get(..2)?;
        let is_number = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let byte =
            u8::from_str_radix(digits, 16).ok().filter(|byte| is_number && byte.is_ascii())?;
        plain.push(char::from(byte));
        plain.push_str(part.get(2..)?);
    }
    Some(Cow::Owned(plain))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_bills_write_is_taken_apart_without_the_library() {
        for text in [
            "pkg:cargo/serde_json@1.0.1",
            "pkg:npm/%40angular/core@17.0.0",
            "pkg:npm/lodash",
            "pkg:golang/github.com/gorilla/mux@v1.8.0",
            "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1",
            "pkg:deb/debian/libgcc-s1@12.2.0-14%2Bdeb12u1?arch=amd64&distro=debian-12&upstream=gcc-12%4012.2.0-13",
            "pkg:rpm/almalinux/bash@5.1.8-6.el9?epoch=1&distro=almalinux-9.3",
            "pkg:composer/symfony/http-kernel@5.4.20",
        ] {
            assert_eq!(plain(text), of_library(text), "{text}");
            assert!(plain(text).is_some(), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn a_plain_reading_is_the_library_s(
            text in "pkg:(cargo|npm|pypi|golang|maven|deb|composer|nuget|rpm)/[a-zA_./%240@\\-]{0,10}(@[0-9a.%/ü+-]{0,5})?(\\?[a-z=&%2Bdistro]{0,12}|\\?(distro|epoch|upstream)=[a-z0-9%4]{0,4}&epoch=1)?(#a)?"
        ) {
            if let Some(url) = plain(&text) {
                prop_assert_eq!(Some(url), of_library(&text));
            }
        }
    }
}
