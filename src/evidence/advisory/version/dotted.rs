//! Lists of numbers, ordered as lists: Haskell's packages, and those of R, where a hyphen is a dot.
//!
//! Sources: the documentation of Haskell's `Data.Version`; R's `numeric_version`.

use super::number::Number;

/// A version that can be ordered: a longer one is above the one that it begins with.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version<'t>(Vec<Number<'t>>);

impl<'t> Version<'t> {
    /// Takes a version apart; none when it is no version.
    pub(super) fn parse(text: &'t str, separators: &[char]) -> Option<Self> {
        text.split(separators).map(Number::parse).collect::<Option<Vec<_>>>().map(Self)
    }
}
