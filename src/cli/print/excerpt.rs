//! Lines of source for a report, secrets replaced.

use std::collections::BTreeMap;

use crate::domain::place::Location;

/// Lines of the files that were handed in, by their path.
#[derive(Clone, Debug, Default)]
pub struct Excerpts(BTreeMap<String, Lines>);

/// One file's lines with secrets replaced, as far as they can be told apart from the original's.
#[derive(Clone, Debug)]
struct Lines {
    lines: Vec<Line>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Line {
    /// As the author wrote it.
    Whole(String),
    /// A secret in it was replaced: columns hold for so many characters only.
    Replaced(String, usize),
    /// A secret of several lines was here or nearby: the line cannot be told.
    Hidden,
}

/// A line to show and the part of it to point at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt<'a> {
    /// The line.
    pub text: &'a str,
    /// Bytes of `text`.
    pub span: std::ops::Range<usize>,
}

/// How what stands in the place of a secret begins.
const REPLACED: &str = "<redacted:";

/// Longer lines (of generated files) help nobody.
const MAX_LINE_BYTES: usize = 4096;

impl Excerpts {
    /// Adds a file by its text as handed in and its text with secrets replaced.
    pub fn add(&mut self, path: &str, original: &str, redacted: &str) {
        self.0.insert(path.to_owned(), Lines::new(original, redacted));
    }

    /// Adds a file of which only the text with secrets replaced is known. Behind a replaced secret nothing is told: it
    /// may have had more lines than what stands in its place.
    pub fn add_recorded(&mut self, path: &str, redacted: &str) {
        let mut lines = Vec::new();
        for text in redacted.lines() {
            match text.split_once(REPLACED) {
                None => lines.push(Line::Whole(text.to_owned())),
                Some((before, _)) => {
                    lines.push(Line::Replaced(text.to_owned(), before.chars().count()));
                    break;
                }
            }
        }
        self.0.insert(path.to_owned(), Lines { lines });
    }

    /// The first line of `location` and what to point at in it.
    pub fn of(&self, location: &Location) -> Option<Excerpt<'_>> {
        let line = self.0.get(&location.file)?.lines.get(location.line.checked_sub(1)? as usize)?;
        let (text, n_exact) = match line {
            Line::Whole(text) => (text, usize::MAX),
            Line::Replaced(text, n_exact) => (text, *n_exact),
            Line::Hidden => return None,
        };
        if text.len() > MAX_LINE_BYTES {
            return None;
        }
        let indent = text.len() - text.trim_start().len();
        let whole = indent..text.trim_end().len().max(indent);
        let holds = |column: u32| column.saturating_sub(1) as usize <= n_exact;
        if !holds(location.column) {
            return Some(Excerpt { text, span: whole });
        }
        let start = byte_of_column(text, location.column);
        let end = match location.end_line {
            line if line == location.line && holds(location.end_column) => {
                byte_of_column(text, location.end_column)
            }
            _ => whole.end,
        };
        Some(Excerpt { text, span: start..end.max(start) })
    }
}

impl Lines {
    fn new(original: &str, redacted: &str) -> Self {
        let before: Vec<&str> = original.lines().collect();
        let after: Vec<&str> = redacted.lines().collect();
        let line = |original: &str, redacted: &str| {
            if original == redacted {
                Line::Whole(redacted.to_owned())
            } else {
                let same = original.chars().zip(redacted.chars()).take_while(|(a, b)| a == b);
                Line::Replaced(redacted.to_owned(), same.count())
            }
        };
        if before.len() == after.len() {
            let lines =
                before.iter().zip(&after).map(|(original, redacted)| line(original, redacted));
            return Self { lines: lines.collect() };
        }
        // A secret of several lines moved everything below it: only what is equal from either end is told.
        let equal = |(original, redacted): &(&&str, &&str)| original == redacted;
        let from_top = before.iter().zip(&after).take_while(equal).count();
        let shorter = before.len().min(after.len());
        let from_end = before.iter().rev().zip(after.iter().rev()).take_while(equal).count();
        let from_end = from_end.min(shorter - from_top);
        let told = |index: usize| index < from_top || index >= before.len() - from_end;
        let lines = before.iter().enumerate().map(|(index, text)| {
            if told(index) { Line::Whole((*text).to_owned()) } else { Line::Hidden }
        });
        Self { lines: lines.collect() }
    }
}

/// The byte at which the character in `column` (from 1) begins; the end of the line when it is shorter.
fn byte_of_column(text: &str, column: u32) -> usize {
    let index = column.saturating_sub(1) as usize;
    text.char_indices().nth(index).map_or(text.len(), |(byte, _)| byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: u32, column: u32, end_column: u32) -> Location {
        Location { file: "a".into(), line, column, end_line: line, end_column, path: String::new() }
    }

    fn excerpts(original: &str, redacted: &str) -> Excerpts {
        let mut excerpts = Excerpts::default();
        excerpts.add("a", original, redacted);
        excerpts
    }

    #[test]
    fn columns_count_characters() {
        let excerpts = excerpts("ü: x\n", "ü: x\n");
        assert_eq!(excerpts.of(&at(1, 1, 5)), Some(Excerpt { text: "ü: x", span: 0..5 }));
        assert_eq!(excerpts.of(&at(1, 9, 9)), Some(Excerpt { text: "ü: x", span: 5..5 }));
        assert_eq!(excerpts.of(&at(2, 1, 1)), None);
        assert_eq!(excerpts.of(&at(0, 0, 0)), None);
    }

    #[test]
    fn behind_a_replaced_secret_columns_do_not_hold() {
        let excerpts =
            excerpts("  password: hunter2 # x\n", "  password: <redacted:0123456789ab> # x\n");
        let pointed = |column, end_column| {
            let excerpt = excerpts.of(&at(1, column, end_column)).unwrap();
            assert!(!excerpt.text.contains("hunter2"));
            excerpt.text.get(excerpt.span).unwrap()
        };
        assert_eq!(pointed(3, 11), "password");
        assert_eq!(pointed(13, 20), "<redacted:0123456789ab> # x");
        assert_eq!(pointed(21, 24), "password: <redacted:0123456789ab> # x");
    }

    #[test]
    fn of_a_recorded_file_nothing_behind_a_secret_is_told() {
        let mut excerpts = Excerpts::default();
        excerpts.add_recorded("a", "a: 1\nb: <redacted:0123456789ab>\nc: 2\n");
        assert_eq!(excerpts.of(&at(1, 1, 5)).unwrap().span, 0..4);
        assert_eq!(excerpts.of(&at(2, 1, 9)).unwrap().span, 0..26);
        assert_eq!(excerpts.of(&at(3, 1, 2)), None);
    }

    #[test]
    fn around_a_secret_of_several_lines_only_the_rest_is_told() {
        let excerpts =
            excerpts("a: 1\nkey: |\n  s1\n  s2\nb: 2\n", "a: 1\nkey: <redacted:0>\nb: 2\n");
        assert_eq!(excerpts.of(&at(1, 1, 5)).unwrap().text, "a: 1");
        assert_eq!(excerpts.of(&at(5, 1, 5)).unwrap().text, "b: 2");
        for line in 2..=4 {
            assert_eq!(excerpts.of(&at(line, 1, 2)), None);
        }
    }
}
