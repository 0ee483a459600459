//! Escapes of strings, as JSON has them.

use std::mem;

/// What the text between the quotes of a string says, or `None` for a bad `\u`.
pub(super) fn unescape(inner: &str) -> Option<String> {
    let mut said = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        said.push_str(rest.get(..at)?);
        let mut chars = rest.get(at + 1..)?.chars();
        match chars.next()? {
            'b' => said.push('\u{8}'),
            'f' => said.push('\u{c}'),
            'n' => said.push('\n'),
            'r' => said.push('\r'),
            't' => said.push('\t'),
            'u' => {
                let unit = hexadecimal(&mut chars)?;
                said.push(code_point(unit, &mut chars)?);
            }
            other => said.push(other),
        }
        rest = chars.as_str();
    }
    said.push_str(rest);
    Some(said)
}

fn hexadecimal(chars: &mut std::str::Chars<'_>) -> Option<u32> {
    let digits = chars.as_str().get(..4)?;
    let unit = u32::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))?;
    *chars = chars.as_str().get(4..)?.chars();
    Some(unit)
}

/// Joins surrogates as JSON does; a lone one becomes U+FFFD, as in Go.
fn code_point(unit: u32, chars: &mut std::str::Chars<'_>) -> Option<char> {
    if !(0xD800..0xDC00).contains(&unit) {
        return Some(char::from_u32(unit).unwrap_or('\u{FFFD}'));
    }
    let mut ahead = chars.clone();
    if ahead.next() == Some('\\') && ahead.next() == Some('u') {
        let low = hexadecimal(&mut ahead)?;
        if (0xDC00..0xE000).contains(&low) {
            let _ = mem::replace(chars, ahead);
            let joined = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
            return Some(char::from_u32(joined).unwrap_or('\u{FFFD}'));
        }
    }
    Some('\u{FFFD}')
}
