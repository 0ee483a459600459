//! Counts in braces.

use super::MAX_REPEAT;

pub(super) type Counts = (u32, Option<u32>);

/// The counts after `{`: nothing when it is no count and so a literal, an inner nothing when they are too large.
pub(super) fn counts(text: &str) -> Option<(Option<Counts>, &str)> {
    let (min, text) = integer(text)?;
    let (max, text) = match text.strip_prefix(',') {
        None => (Some(min), text),
        Some(text) if text.starts_with('}') => (None, text),
        Some(text) => {
            let (max, text) = integer(text)?;
            (Some(max), text)
        }
    };
    let rest = text.strip_prefix('}')?;
    let fits = min <= MAX_REPEAT && max.is_none_or(|max| max <= MAX_REPEAT && min <= max);
    Some((fits.then_some((min, max)), rest))
}

/// A decimal number without a leading zero; what is too large for Go is the largest one.
fn integer(text: &str) -> Option<(u32, &str)> {
    let n_digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at_checked(n_digits)?;
    if digits.is_empty() || (digits.len() > 1 && digits.starts_with('0')) {
        return None;
    }
    Some((digits.parse().unwrap_or(u32::MAX), rest))
}
