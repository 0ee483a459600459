//! The order of `RubyGems`.
//!
//! Source: the documentation of `Gem::Version`, "How Software Changes" and "Pre-releases".

use std::cmp::Ordering;

use super::number::Number;

/// A version that can be ordered.
#[derive(Debug)]
pub(super) struct Version<'t>(Vec<Segment<'t>>);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Segment<'t> {
    /// A letter makes a pre-release, so it is below every number.
    Word(&'t str),
    Number(Number<'t>),
}

const ZERO: Option<&str> = Some("0");

impl<'t> Version<'t> {
    /// Takes a version apart; none when it is no version.
    pub(super) fn parse(text: &'t str) -> Option<Self> {
        let text = text.trim();
        let (release, pre) = match text.split_once('-') {
            Some((release, pre)) => (release, Some(pre)),
            None => (text, None),
        };
        let mut parts = release.split('.');
        Number::parse(parts.next()?)?;
        let is_part = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        if !parts.all(|part| is_part(part) && !part.contains('-'))
            || !pre.is_none_or(|pre| pre.split('.').all(is_part))
        {
            return None;
        }
        let mut segments = segments(release);
        if let Some(pre) = pre {
            segments.push(Segment::Word("pre"));
            for part in pre.split('-') {
                segments.extend(self::segments(part));
            }
        }
        Some(Self(canonical(segments)))
    }
}

fn segments(text: &str) -> Vec<Segment<'_>> {
    let mut segments = Vec::new();
    for part in text.split(['.', '-']) {
        let mut rest = part;
        while let Some(first) = rest.bytes().next() {
            let same = |byte: u8| byte.is_ascii_digit() == first.is_ascii_digit();
            let end = rest.bytes().position(|byte| !same(byte)).unwrap_or(rest.len());
            let Some((run, behind)) = rest.split_at_checked(end) else { break };
            segments.push(match Number::parse(run) {
                Some(number) => Segment::Number(number),
                None => Segment::Word(run),
            });
            rest = behind;
        }
    }
    segments
}

/// Without the zeros at the end of the numbers and at the end of what comes behind them: `1.0.a.0` is `1.a`.
fn canonical(mut segments: Vec<Segment<'_>>) -> Vec<Segment<'_>> {
    let is_word = |segment: &Segment<'_>| matches!(segment, Segment::Word(_));
    let is_zero =
        |segment: &Segment<'_>| matches!(segment, Segment::Number(number) if number.is_zero());
    let mut words = segments.split_off(segments.iter().position(is_word).unwrap_or(segments.len()));
    while segments.last().is_some_and(is_zero) {
        segments.pop();
    }
    while words.last().is_some_and(is_zero) {
        words.pop();
    }
    segments.extend(words);
    segments
}

impl Ord for Version<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let zero = ZERO.and_then(Number::parse).map(Segment::Number);
        for index in 0..self.0.len().max(other.0.len()) {
            let (left, right) = (self.0.get(index), other.0.get(index));
            let order = left.or(zero.as_ref()).cmp(&right.or(zero.as_ref()));
            if order.is_ne() {
                return order;
            }
        }
        Ordering::Equal
    }
}

impl PartialOrd for Version<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Version<'_> {}
