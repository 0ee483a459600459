//! Texts and characters in Go's quotes.

use std::fmt::Write as _;
use std::sync::OnceLock;

use regex_syntax::hir::{Class, HirKind};

use super::{Output, Spec, Written, truncated};

/// Prints a text for `%q`.
pub(super) fn print(output: &mut Output, text: &str, spec: Spec) -> Written {
    let text = truncated(text, spec);
    let fits_backquotes =
        |char| char == '\t' || !(char < ' ' || matches!(char, '`' | '\u{7f}' | '\u{feff}'));
    if spec.sharp && text.chars().all(fits_backquotes) {
        return output.pad(&format!("`{text}`"), spec);
    }
    output.pad(&with_quotes(text, '"', spec.plus), spec)
}

/// Prints a character for `%q`.
pub(super) fn print_char(output: &mut Output, char: char, spec: Spec) -> Written {
    output.pad(&with_quotes(char.encode_utf8(&mut [0; 4]), '\'', spec.plus), spec)
}

/// The text in double quotes as Go's `strconv.Quote` writes it.
pub(in super::super) fn quoted(text: &str) -> String {
    with_quotes(text, '"', false)
}

fn with_quotes(text: &str, mark: char, ascii_only: bool) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push(mark);
    for char in text.chars() {
        match char {
            _ if char == mark || char == '\\' => quoted.extend(['\\', char]),
            '\u{7}' => quoted.push_str("\\a"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{b}' => quoted.push_str("\\v"),
            _ if (char.is_ascii() || !ascii_only) && is_printable(char) => quoted.push(char),
            _ => push_escape(&mut quoted, u32::from(char)),
        }
    }
    quoted.push(mark);
    quoted
}

fn push_escape(quoted: &mut String, code: u32) {
    // Writing to a string cannot fail.
    let _ = match code {
        0..0x80 => write!(quoted, "\\x{code:02x}"),
        0x80..0x1_0000 => write!(quoted, "\\u{code:04x}"),
        _ => write!(quoted, "\\U{code:08x}"),
    };
}

/// Whether Go prints the character as it is: letters, marks, numbers, punctuation, symbols and the ASCII space.
pub(super) fn is_printable(char: char) -> bool {
    static RANGES: OnceLock<Vec<(char, char)>> = OnceLock::new();
    if char.is_ascii() {
        return matches!(char, ' '..='~');
    }
    let ranges = RANGES.get_or_init(printable_ranges);
    ranges
        .binary_search_by(|(low, high)| {
            if *high < char {
                std::cmp::Ordering::Less
            } else if *low > char {
                std::cmp::Ordering::Greater
            } else {
                std::cmp::Ordering::Equal
            }
        })
        .is_ok()
}

fn printable_ranges() -> Vec<(char, char)> {
    let class = regex_syntax::Parser::new().parse(r"[\p{L}\p{M}\p{N}\p{P}\p{S}]").ok();
    match class.as_ref().map(regex_syntax::hir::Hir::kind) {
        Some(HirKind::Class(Class::Unicode(class))) => {
            class.iter().map(|range| (range.start(), range.end())).collect()
        }
        _ => Vec::new(),
    }
}
