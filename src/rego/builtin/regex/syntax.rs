//! Regular expressions as Go writes them (RE2 syntax), read into the engine's own tree.
//!
//! Go and Rust differ silently: `\d`, `\w`, `\s` and `\b` are ASCII in Go, `\Q…\E` quotes, `[a&&b]` is three characters,
//! `{,3}` is text, and `a**` is an error. Source: package `regexp/syntax` of Go, flags `Perl`.

use regex_syntax::hir::{
    Capture, Class, ClassUnicode, ClassUnicodeRange, Dot, Hir, HirKind, Look, Repetition,
};

mod bracket;
mod class;
mod count;

use class::Set;
use count::counts;

/// Groups inside groups; Go stops at 1,000, this bound keeps the compiler's stack small.
const MAX_NESTING: usize = 250;
/// Copies that nested `{n}` may ask for, as in Go.
const MAX_REPEAT: u32 = 1000;

/// Reads a pattern.
///
/// # Errors
/// The fault in Go's words.
pub(super) fn parse(pattern: &str) -> Result<Parsed, String> {
    let mut parser = Parser {
        whole: pattern,
        rest: pattern,
        flags: Flags::default(),
        frames: vec![Frame::default()],
        names: Vec::new(),
    };
    parser.pattern()?;
    parser.finish()
}

/// A pattern that was read.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) hir: Hir,
    /// The name of each group, if it has one.
    pub(super) names: Vec<Option<Box<str>>>,
}

pub(super) fn fault(what: &str, text: &str) -> String {
    format!("error parsing regexp: {what}: `{text}`")
}

/// What `(?imsU)` sets.
#[expect(clippy::struct_excessive_bools, reason = "each is one flag of the pattern")]
#[derive(Clone, Copy, Default)]
struct Flags {
    fold_case: bool,
    multi_line: bool,
    dot_matches_newline: bool,
    swap_greed: bool,
}

/// One item of a concatenation and how often its innermost part is repeated by counts.
struct Item {
    hir: Hir,
    copies: u32,
}

/// An open group, or the whole pattern.
#[derive(Default)]
struct Frame {
    alternatives: Vec<Item>,
    items: Vec<Item>,
    /// The flags to go back to, and the capture if it is one.
    group: Option<(Flags, Option<u32>)>,
}

/// What a group is for.
enum Group {
    Plain,
    Capture,
    Named(Box<str>),
}

struct Parser<'a> {
    whole: &'a str,
    rest: &'a str,
    flags: Flags,
    frames: Vec<Frame>,
    names: Vec<Option<Box<str>>>,
}

/// The part of `from` that was read when `rest` is left.
fn read<'a>(from: &'a str, rest: &str) -> &'a str {
    from.get(..from.len().saturating_sub(rest.len())).unwrap_or(from)
}

fn split_first(text: &str) -> Option<(char, &str)> {
    let mut chars = text.chars();
    chars.next().map(|first| (first, chars.as_str()))
}

impl<'a> Parser<'a> {
    fn pattern(&mut self) -> Result<(), String> {
        let mut last_repeat = "";
        while let Some((first, rest)) = split_first(self.rest) {
            let before = self.rest;
            let mut repeat = "";
            match first {
                '(' => self.open()?,
                '|' => {
                    self.rest = rest;
                    self.end_alternative();
                }
                ')' => self.close(rest)?,
                '^' => {
                    self.look(
                        rest,
                        if self.flags.multi_line { Look::StartLF } else { Look::Start },
                    );
                }
                '$' => self.look(rest, if self.flags.multi_line { Look::EndLF } else { Look::End }),
                '.' => {
                    let dot = if self.flags.dot_matches_newline {
                        Dot::AnyChar
                    } else {
                        Dot::AnyCharExceptLF
                    };
                    self.rest = rest;
                    self.push(Hir::dot(dot));
                }
                '[' => self.bracket()?,
                '*' => {
                    self.repeat(0, None, rest, before, last_repeat)?;
                    repeat = before;
                }
                '+' => {
                    self.repeat(1, None, rest, before, last_repeat)?;
                    repeat = before;
                }
                '?' => {
                    self.repeat(0, Some(1), rest, before, last_repeat)?;
                    repeat = before;
                }
                '{' => match counts(rest) {
                    None => {
                        self.rest = rest;
                        self.literal('{');
                    }
                    Some((counts, after)) => {
                        let text = read(before, after);
                        let (min, max) =
                            counts.ok_or_else(|| fault("invalid repeat count", text))?;
                        self.repeat(min, max, after, before, last_repeat)?;
                        self.check_copies(min, max, before)?;
                        repeat = before;
                    }
                },
                '\\' => self.backslash(rest)?,
                _ => {
                    self.rest = rest;
                    self.literal(first);
                }
            }
            last_repeat = repeat;
        }
        Ok(())
    }

    fn items(&mut self) -> Option<&mut Vec<Item>> {
        self.frames.last_mut().map(|frame| &mut frame.items)
    }

    fn push(&mut self, hir: Hir) {
        if let Some(items) = self.items() {
            items.push(Item { hir, copies: 1 });
        }
    }

    fn look(&mut self, rest: &'a str, look: Look) {
        self.rest = rest;
        self.push(Hir::look(look));
    }

    fn literal(&mut self, char: char) {
        let hir = if self.flags.fold_case {
            class_of(Set::of(char, char).folded())
        } else {
            Hir::literal(char.to_string().into_bytes())
        };
        self.push(hir);
    }

    fn end_alternative(&mut self) {
        let Some(frame) = self.frames.last_mut() else { return };
        let items = std::mem::take(&mut frame.items);
        let copies = items.iter().map(|item| item.copies).max().unwrap_or(1);
        let hir = Hir::concat(items.into_iter().map(|item| item.hir).collect());
        frame.alternatives.push(Item { hir, copies });
    }

    fn close(&mut self, rest: &'a str) -> Result<(), String> {
        self.end_alternative();
        if self.frames.len() < 2 {
            return Err(fault("unexpected )", self.whole));
        }
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        self.rest = rest;
        let mut item = alternation(frame.alternatives);
        if let Some((flags, capture)) = frame.group {
            self.flags = flags;
            if let Some(index) = capture {
                item.hir = Hir::capture(Capture { index, name: None, sub: Box::new(item.hir) });
            }
        }
        if let Some(items) = self.items() {
            items.push(item);
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Parsed, String> {
        self.end_alternative();
        match self.frames.pop() {
            Some(frame) if self.frames.is_empty() => {
                Ok(Parsed { hir: alternation(frame.alternatives).hir, names: self.names })
            }
            _ => Err(fault("missing closing )", self.whole)),
        }
    }

    fn open_frame(&mut self, group: Group) -> Result<(), String> {
        if self.frames.len() > MAX_NESTING {
            return Err(fault("expression nests too deeply", self.whole));
        }
        let name = match group {
            Group::Plain => None,
            Group::Capture => Some(None),
            Group::Named(name) => Some(Some(name)),
        };
        let capture = name.map(|name| {
            self.names.push(name);
            u32::try_from(self.names.len()).unwrap_or(u32::MAX)
        });
        self.frames.push(Frame { group: Some((self.flags, capture)), ..Frame::default() });
        Ok(())
    }

    fn open(&mut self) -> Result<(), String> {
        let start = self.rest;
        let Some(inside) = start.strip_prefix("(?") else {
            self.rest = start.strip_prefix('(').unwrap_or_default();
            return self.open_frame(Group::Capture);
        };
        // Go asks for one character after `<`, so that `(?P<` alone is a flag fault.
        let named = inside.strip_prefix("P<").or_else(|| inside.strip_prefix('<'));
        if let Some(name_and_rest) = named.filter(|rest| !rest.is_empty()) {
            let Some((name, rest)) = name_and_rest.split_once('>') else {
                return Err(fault("invalid named capture", start));
            };
            if name.is_empty()
                || !name.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
            {
                return Err(fault("invalid named capture", read(start, rest)));
            }
            self.rest = rest;
            return self.open_frame(Group::Named(name.into()));
        }
        self.flags_group(start, inside)
    }

    fn flags_group(&mut self, start: &'a str, inside: &'a str) -> Result<(), String> {
        let (mut flags, mut on, mut saw_flag, mut rest) = (self.flags, true, false, inside);
        while let Some((char, after)) = split_first(rest) {
            rest = after;
            match char {
                'i' => flags.fold_case = on,
                'm' => flags.multi_line = on,
                's' => flags.dot_matches_newline = on,
                'U' => flags.swap_greed = on,
                '-' if on => {
                    on = false;
                    saw_flag = false;
                    continue;
                }
                ':' | ')' if on || saw_flag => {
                    self.rest = rest;
                    if char == ':' {
                        self.open_frame(Group::Plain)?;
                    }
                    self.flags = flags;
                    return Ok(());
                }
                _ => break,
            }
            saw_flag = true;
        }
        Err(fault("invalid or unsupported Perl syntax", read(start, rest)))
    }

    fn repeat(
        &mut self,
        min: u32,
        max: Option<u32>,
        after: &'a str,
        before: &'a str,
        last_repeat: &str,
    ) -> Result<(), String> {
        let lazy = after.strip_prefix('?');
        self.rest = lazy.unwrap_or(after);
        if !last_repeat.is_empty() {
            return Err(fault("invalid nested repetition operator", read(last_repeat, self.rest)));
        }
        let greedy = lazy.is_some() == self.flags.swap_greed;
        let missing = fault("missing argument to repetition operator", read(before, self.rest));
        let item = self.items().and_then(|items| items.last_mut()).ok_or(missing)?;
        let sub = std::mem::replace(&mut item.hir, Hir::empty());
        item.hir = Hir::repetition(Repetition { min, max, greedy, sub: Box::new(sub) });
        Ok(())
    }

    /// Refuses `(a{100}){100}`, which would be ten thousand copies.
    fn check_copies(&mut self, min: u32, max: Option<u32>, before: &str) -> Result<(), String> {
        let count = max.unwrap_or(min);
        let fault = fault("invalid repeat count", read(before, self.rest));
        let Some(item) = self.items().and_then(|items| items.last_mut()) else { return Ok(()) };
        item.copies = if max == Some(0) { 1 } else { item.copies.saturating_mul(count.max(1)) };
        if (min >= 2 || max.is_some_and(|max| max >= 2)) && item.copies > MAX_REPEAT {
            return Err(fault);
        }
        Ok(())
    }

    fn backslash(&mut self, rest: &'a str) -> Result<(), String> {
        let before = self.rest;
        let Some((escape, after)) = split_first(rest) else {
            return Err(fault("trailing backslash at end of expression", ""));
        };
        match escape {
            'A' => self.look(after, Look::Start),
            'z' => self.look(after, Look::End),
            'b' => self.look(after, Look::WordAscii),
            'B' => self.look(after, Look::WordAsciiNegate),
            'C' => return Err(fault("invalid escape sequence", read(before, after))),
            'Q' => {
                let (quoted, after) = after.split_once("\\E").unwrap_or((after, ""));
                self.rest = after;
                quoted.chars().for_each(|char| self.literal(char));
            }
            _ => {
                if let Some((set, rest)) = self.class_escape(before)? {
                    self.rest = rest;
                    self.push(class_of(set));
                } else {
                    let (char, rest) = class::escape(before)?;
                    self.rest = rest;
                    self.literal(char);
                }
            }
        }
        Ok(())
    }
}

fn class_of(set: Set) -> Hir {
    Hir::class(Class::Unicode(set.into_class()))
}

fn alternation(alternatives: Vec<Item>) -> Item {
    let copies = alternatives.iter().map(|item| item.copies).max().unwrap_or(1);
    Item { hir: Hir::alternation(alternatives.into_iter().map(|item| item.hir).collect()), copies }
}
