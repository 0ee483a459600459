//! `NuGet`'s order: semantic versions with up to four numbers, labels without regard to case.
//!
//! Source: learn.microsoft.com/nuget/concepts/package-versioning; semver.org, clause 11.

use super::number::Number;

/// A version that can be ordered.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version<'t> {
    numbers: [Option<Number<'t>>; 4],
    /// A version with labels is below the one without.
    is_release: bool,
    labels: Vec<Label<'t>>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Label<'t> {
    Number(Number<'t>),
    Word(String),
}

impl<'t> Version<'t> {
    /// Takes a version apart; none when it is no version.
    pub(super) fn parse(text: &'t str) -> Option<Self> {
        let text = text.split('+').next()?;
        let (numbers, labels) = match text.split_once('-') {
            Some((numbers, labels)) => (numbers, Some(labels)),
            None => (text, None),
        };
        let mut parts = numbers.split('.');
        let mut of_part = || match parts.next() {
            Some(part) => Number::parse(part).map(|number| (!number.is_zero()).then_some(number)),
            None => Some(None),
        };
        // A zero that is written is a zero that is not.
        let numbers = [of_part()?, of_part()?, of_part()?, of_part()?];
        if parts.next().is_some() {
            return None;
        }
        let labels = match labels {
            Some(labels) => labels.split('.').map(label).collect::<Option<Vec<_>>>()?,
            None => Vec::new(),
        };
        Some(Self { numbers, is_release: labels.is_empty(), labels })
    }
}

fn label(text: &str) -> Option<Label<'_>> {
    let is_label =
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !is_label {
        return None;
    }
    Some(match Number::parse(text) {
        Some(number) => Label::Number(number),
        None => Label::Word(text.to_ascii_lowercase()),
    })
}
