//! Semantic versions. Source: OPA 1.x, `internal/semver`.

use std::cmp::Ordering;

use crate::domain::value::Value;

use super::format::quoted;
use super::operand::{Answer, answer, failed, string};
use super::signature::{Builtin, BuiltinError, CallContext, Type, entry};

pub(super) const BUILTINS: &[Builtin] = &[
    entry("semver.compare", &[Type::String, Type::String], Type::Number, compare),
    entry("semver.is_valid", &[Type::Any], Type::Boolean, is_valid),
];

struct Version<'t> {
    numbers: [i64; 3],
    pre_release: &'t str,
}

impl<'t> Version<'t> {
    fn parse(text: &'t str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let (text, metadata) = text.split_once('+').unwrap_or((text, ""));
        let (text, pre_release) = text.split_once('-').unwrap_or((text, ""));
        if !is_identifier(metadata) || !is_identifier(pre_release) {
            return None;
        }
        let numbers = text.split('.').map(|number| number.parse::<i64>().ok());
        let numbers = numbers.collect::<Option<Vec<_>>>()?.try_into().ok()?;
        Some(Self { numbers, pre_release })
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| match (self.pre_release, other.pre_release) {
            (a, b) if a == b => Ordering::Equal,
            ("", _) => Ordering::Greater,
            (_, "") => Ordering::Less,
            (a, b) => compare_pre_releases(a, b),
        })
    }
}

/// Nothing at all, or letters, digits and hyphens between dots.
fn is_identifier(text: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte == b'-' || byte.is_ascii_alphanumeric())
    };
    text.is_empty() || text.split('.').all(is_part)
}

fn compare_pre_releases(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        let ordering = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(a), Some(b)) => compare_parts(a, b),
        };
        if ordering != Ordering::Equal {
            return ordering;
        }
    }
}

/// Numbers come before words.
fn compare_parts(a: &str, b: &str) -> Ordering {
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match (is_number(a), is_number(b)) {
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => a.cmp(b),
        // What does not fit is the largest number, as in OPA.
        (true, true) => {
            a.parse::<i64>().unwrap_or(i64::MAX).cmp(&b.parse::<i64>().unwrap_or(i64::MAX))
        }
    }
}

fn version(arguments: &[Value], position: usize) -> Result<Version<'_>, BuiltinError> {
    let text = string(arguments, position)?;
    let invalid =
        || failed(format!("operand {position}: string {} is not a valid SemVer", quoted(text)));
    Version::parse(text).ok_or_else(invalid)
}

fn compare(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    string(arguments, 2)?;
    let ordering = version(arguments, 1)?.compare(&version(arguments, 2)?);
    answer(match ordering {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    })
}

fn is_valid(arguments: &[Value], _: &mut CallContext<'_>) -> Answer {
    super::conversion::is_valid(arguments, |text| Version::parse(text).is_some())
}
