//! How a text is split into documents, and which characters no document may hold.

use std::ops::Range;

use super::super::{Fault, FaultKind, char_at};
use super::ambiguous;
use crate::domain::place::Span;

/// One piece of the stream: what stands between two separators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) range: Range<usize>,
    /// A line that begins with `---` and goes on.
    odd_separator: Option<Span>,
}

/// Splits a text at the lines that begin with `---`, before anything is parsed.
///
/// Source: k8s.io/apimachinery, `YAMLReader.Read`.
pub(super) fn split(text: &str) -> Vec<Piece> {
    let bom = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut pieces = vec![Piece { range: bom..text.len(), odd_separator: None }];
    let mut from = bom;
    while let Some(at) = next_separator(text, from) {
        let line = text.get(at..).unwrap_or_default().split('\n').next().unwrap_or_default();
        from = (at + line.len() + 1).min(text.len());
        let behind = line.strip_prefix("---").unwrap_or(line);
        let is_plain = behind.trim().is_empty()
            || (behind.starts_with([' ', '\t']) && behind.trim_start().starts_with('#'));
        if let Some(last) = pieces.last_mut() {
            last.range.end = at;
        }
        let odd_separator = (!is_plain).then(|| Span::new(at, at + line.trim_end().len()));
        pieces.push(Piece { range: from..text.len(), odd_separator });
    }
    pieces
}

/// Where the next line begins that starts with `---`, at `from` (which begins a line) or behind it.
fn next_separator(text: &str, from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    if rest.starts_with("---") {
        return Some(from);
    }
    rest.find("\n---").map(|at| from + at + 1)
}

/// Which characters a piece is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Characters {
    /// Printable ASCII and line feeds.
    Ascii,
    /// Others as well, none of them refused.
    All,
}

/// Whether all of these are printable ASCII or line feeds. Each is looked at whatever the others are, so that the processor
/// looks at many at once.
fn are_ordinary(bytes: &[u8]) -> bool {
    bytes.iter().fold(true, |all, byte| all & matches!(byte, b'\n' | b' '..=b'~'))
}

/// Refuses a piece with a strange separator, or with characters that YAML forbids or readers disagree on.
pub(super) fn check(text: &str, piece: &Piece) -> Result<Characters, Fault> {
    if let Some(span) = piece.odd_separator {
        let message = "readers disagree on a line that begins with `---` and goes on";
        let help = "put `---` on a line of its own, and indent text that begins with dashes";
        return Err(ambiguous(message, span, help));
    }
    let source = text.get(piece.range.clone()).unwrap_or_default();
    if source.as_bytes().chunks(64).all(are_ordinary) {
        return Ok(Characters::Ascii);
    }
    let mut chars = source.char_indices().peekable();
    while let Some((index, char)) = chars.next() {
        let at = piece.range.start + index;
        match char {
            '\r' if chars.peek().is_none_or(|(_, next)| *next != '\n') => {
                let message = "readers disagree on a carriage return without a line feed";
                return Err(ambiguous(
                    message,
                    Span::new(at, at + 1),
                    "end lines with a line feed",
                ));
            }
            '\t' | '\n' | '\r' | ' '..='~' => {}
            '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}' => {
                let message = format!(
                    "readers disagree on the invisible character `{}`",
                    char.escape_unicode()
                );
                let help = "remove it, or write it as an escape in double quotes";
                return Err(ambiguous(&message, char_at(text, at), help));
            }
            '\0'..'\u{a0}' | '\u{fffe}' | '\u{ffff}' => {
                let message =
                    format!("the control character `{}` is not allowed", char.escape_unicode());
                return Err(Fault::new(FaultKind::Syntax, message, char_at(text, at))
                    .with_help("remove it, or write it as an escape in double quotes"));
            }
            _ => {}
        }
    }
    Ok(Characters::All)
}
