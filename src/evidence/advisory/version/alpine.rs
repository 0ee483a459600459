//! The order of Alpine's packages, and of the distributions that took over `apk`.
//!
//! Source: gitlab.alpinelinux.org/alpine/apk-tools, `doc/apk-package.5.scd`, "PACKAGE VERSION".

use super::number::Number;

/// A version that can be ordered. What stands in a place of its own decides: a further number is above a letter, a letter
/// above a patch, and so on down to the end, below which there are only the suffixes of what comes before a release.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version<'t>(Vec<Part<'t>>);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part<'t> {
    Before(usize),
    End,
    Revision(Number<'t>),
    Commit(&'t str),
    SuffixNumber(Number<'t>),
    Behind(usize),
    Letter(char),
    /// Behind the first one, digits with a leading zero are the digits of a fraction.
    Fraction(&'t str),
    Whole(Number<'t>),
}

const BEFORE: [&str; 4] = ["alpha", "beta", "pre", "rc"];
const BEHIND: [&str; 5] = ["cvs", "svn", "git", "hg", "p"];

impl<'t> Version<'t> {
    /// Takes a version apart; none when it is no version.
    pub(super) fn parse(text: &'t str) -> Option<Self> {
        let mut parts = Vec::new();
        let (text, revision) = match text.rsplit_once("-r") {
            Some((text, revision)) => (text, Some(Number::parse(revision)?)),
            None => (text, None),
        };
        let (text, commit) = match text.split_once('~') {
            Some((text, commit)) => (text, Some(commit)),
            None => (text, None),
        };
        let mut pieces = text.split('_');
        release(pieces.next()?, &mut parts)?;
        for suffix in pieces {
            self::suffix(suffix, &mut parts)?;
        }
        if let Some(commit) = commit {
            let is_hash = !commit.is_empty() && commit.bytes().all(|b| b.is_ascii_hexdigit());
            parts.push(is_hash.then_some(Part::Commit(commit))?);
        }
        parts.extend(revision.map(Part::Revision));
        parts.push(Part::End);
        Some(Self(parts))
    }
}

fn release<'t>(text: &'t str, parts: &mut Vec<Part<'t>>) -> Option<()> {
    let (numbers, letter) = match text.char_indices().next_back() {
        Some((at, letter @ 'a'..='z')) => (text.get(..at)?, Some(letter)),
        _ => (text, None),
    };
    for (index, digits) in numbers.split('.').enumerate() {
        let number = Number::parse(digits)?;
        parts.push(if index > 0 && digits.starts_with('0') {
            Part::Fraction(digits)
        } else {
            Part::Whole(number)
        });
    }
    parts.extend(letter.map(Part::Letter));
    Some(())
}

fn suffix<'t>(text: &'t str, parts: &mut Vec<Part<'t>>) -> Option<()> {
    let end = text.find(|char: char| char.is_ascii_digit()).unwrap_or(text.len());
    let (word, digits) = text.split_at_checked(end)?;
    let place = |list: &[&str]| list.iter().position(|known| *known == word);
    parts.push(place(&BEFORE).map(Part::Before).or_else(|| place(&BEHIND).map(Part::Behind))?);
    if !digits.is_empty() {
        parts.push(Part::SuffixNumber(Number::parse(digits)?));
    }
    Some(())
}
