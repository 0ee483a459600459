//! Numbers of any length, as digits: a version's part may not fit any integer.

use std::cmp::Ordering;

/// Digits without leading zeros; zero is empty.
pub(super) fn stripped(digits: &str) -> &str {
    digits.trim_start_matches('0')
}

/// Orders two numbers that are written in digits.
pub(super) fn compare(left: &str, right: &str) -> Ordering {
    let (left, right) = (stripped(left), stripped(right));
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

/// A number of any length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number<'t>(&'t str);

impl<'t> Number<'t> {
    /// Takes digits; none for another text and for no text.
    pub(super) fn parse(text: &'t str) -> Option<Self> {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| Self(stripped(text)))
    }

    pub(super) fn is_zero(self) -> bool {
        self.0.is_empty()
    }
}

impl PartialOrd for Number<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(self.0, other.0)
    }
}
