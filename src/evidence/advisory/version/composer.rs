//! The order of Packagist: what Composer makes of a version, ordered as PHP's `version_compare` does.
//!
//! Sources: getcomposer.org/doc/articles/versions.md; php.net/version_compare.

use super::number::{Number, stripped};

/// A version that can be ordered. The end of it stands between what comes before a release and what comes behind.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version<'t>(Vec<Part<'t>>);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part<'t> {
    Development,
    Alpha,
    Beta,
    Candidate,
    End,
    Number(Number<'t>),
    Patch,
}

/// Numbers of a release; those that are not written are zero.
const N_NUMBERS: usize = 4;

impl<'t> Version<'t> {
    /// Takes a version apart; none for a branch (`dev-main`, `1.x-dev`) and for what is no version.
    pub(super) fn parse(text: &'t str) -> Option<Self> {
        let text = text.trim();
        let text = text.split_once('+').map_or(text, |(version, _)| version);
        let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let end = text.find(|char: char| !char.is_ascii_digit() && char != '.');
        let (release, behind) = text.split_at_checked(end.unwrap_or(text.len()))?;
        let numbers = release.strip_suffix('.').unwrap_or(release);
        let mut parts = Vec::with_capacity(N_NUMBERS + 3);
        for number in numbers.split('.') {
            parts.push(Part::Number(Number::parse(number)?));
        }
        // `20240102.1` and longer ones are dates, which may have any number of parts.
        let is_date = numbers.split('.').next().is_some_and(|year| stripped(year).len() > 5);
        if parts.len() > N_NUMBERS && !is_date {
            return None;
        }
        while parts.len() < N_NUMBERS {
            parts.push(Part::Number(Number::parse("0")?));
        }
        modifiers(behind, &mut parts)?;
        parts.push(Part::End);
        Some(Self(parts))
    }
}

/// `-beta2`, `RC.1-dev`, `-patch3`: one stability with its numbers, then perhaps `dev`.
fn modifiers<'t>(text: &'t str, parts: &mut Vec<Part<'t>>) -> Option<()> {
    const SEPARATORS: [char; 3] = ['.', '-', '_'];
    let mut text = text.trim_start_matches(SEPARATORS);
    let mut n_words = 0;
    while !text.is_empty() {
        let end = text.find(|char: char| !char.is_ascii_alphabetic()).unwrap_or(text.len());
        let (word, behind) = text.split_at_checked(end)?;
        let stability = match word.to_ascii_lowercase().as_str() {
            "dev" => Some(Part::Development),
            "alpha" | "a" => Some(Part::Alpha),
            "beta" | "b" => Some(Part::Beta),
            "rc" => Some(Part::Candidate),
            "patch" | "pl" | "p" => Some(Part::Patch),
            "stable" => None,
            _ => return None,
        };
        let is_last = stability == Some(Part::Development);
        n_words += 1;
        if n_words > 2 || (n_words == 2 && !is_last) {
            return None;
        }
        parts.extend(stability);
        let end = behind
            .find(|char: char| !char.is_ascii_digit() && !SEPARATORS.contains(&char))
            .unwrap_or(behind.len());
        let (numbers, rest) = behind.split_at_checked(end)?;
        for number in numbers.split(SEPARATORS).filter(|number| !number.is_empty()) {
            parts.push(Part::Number(Number::parse(number)?));
        }
        if is_last && !(numbers.is_empty() && rest.is_empty()) {
            return None;
        }
        text = rest;
    }
    Some(())
}
