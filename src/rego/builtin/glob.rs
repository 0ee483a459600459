//! Globs: `*` stays between delimiters, `**` does not. Source: OPA 1.x, `topdown/glob.go`, library `gobwas/glob`.

use std::sync::Arc;

use regex_syntax::hir::{
    Class, ClassUnicode, ClassUnicodeRange, Dot, Hir, HirKind, Look, Repetition,
};

use crate::domain::value::Value;

use super::operand::{Answer, answer, any, array, element_error, failed, string, type_error};
use super::regex::Pattern;
use super::signature::{Builtin, BuiltinError, CallContext, Type, entry};
use super::text::charge;

const DELIMITERS: Type = Type::OneOf(&[Type::Null, Type::Array(&Type::String)]);

pub(super) const BUILTINS: &[Builtin] = &[
    entry("glob.match", &[Type::String, DELIMITERS, Type::String], Type::Boolean, is_match),
    entry("glob.quote_meta", &[Type::String], Type::String, quote_meta),
];

/// Braces inside one another.
const MAX_DEPTH: usize = 100;

fn is_match(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let pattern = string(arguments, 1)?;
    let delimiters = match any(arguments, 2)? {
        Value::Null => String::new(),
        Value::Array(items) if items.is_empty() => ".".to_owned(),
        Value::Array(_) => delimiters(arguments)?,
        other => return Err(type_error(2, other, &["array", "null"])),
    };
    let text = string(arguments, 3)?;
    context.budget.charge(1 + u64::try_from(text.len() / 32).unwrap_or(u64::MAX))?;
    let glob = context.cache.globs.or_make(
        &(pattern.to_string(), delimiters),
        |(pattern, delimiters): &(String, String)| {
            let tree = Parser { chars: pattern.chars().collect(), at: 0, delimiters }.pattern(0)?;
            let whole = Hir::concat(vec![Hir::look(Look::Start), tree, Hir::look(Look::End)]);
            Pattern::from_tree(&whole, Vec::new()).map(Arc::new)
        },
    )?;
    answer(glob.matches(text))
}

fn delimiters(arguments: &[Value]) -> Result<String, BuiltinError> {
    let collection = any(arguments, 2)?;
    let mut delimiters = String::new();
    for item in array(arguments, 2)? {
        let text = item.as_str().ok_or_else(|| element_error(2, collection, item, "string"))?;
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (Some(char), None) => delimiters.push(char),
            _ => return Err(element_error(2, collection, item, "rune")),
        }
    }
    Ok(delimiters)
}

struct Parser<'d> {
    chars: Vec<char>,
    at: usize,
    delimiters: &'d str,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let char = self.peek()?;
        self.at += 1;
        Some(char)
    }

    /// One character that is no delimiter.
    fn single(&self) -> Hir {
        if self.delimiters.is_empty() {
            return Hir::dot(Dot::AnyChar);
        }
        class(self.delimiters.chars(), true)
    }

    /// Up to the end, or inside of braces to the comma or the brace that ends it.
    fn pattern(&mut self, depth: usize) -> Result<Hir, BuiltinError> {
        if depth > MAX_DEPTH {
            return Err(failed("the glob nests too deeply"));
        }
        let mut parts = Vec::new();
        while let Some(char) = self.peek() {
            match char {
                ',' | '}' if depth > 0 => break,
                '{' => {
                    self.at += 1;
                    parts.push(self.alternatives(depth + 1)?);
                }
                '*' => {
                    self.at += 1;
                    let is_super = self.peek() == Some('*');
                    self.at += usize::from(is_super);
                    let one = if is_super { Hir::dot(Dot::AnyChar) } else { self.single() };
                    let sub = Box::new(one);
                    parts.push(Hir::repetition(Repetition {
                        min: 0,
                        max: None,
                        greedy: true,
                        sub,
                    }));
                }
                '?' => {
                    self.at += 1;
                    parts.push(self.single());
                }
                '[' => {
                    self.at += 1;
                    parts.push(self.bracket()?);
                }
                _ => {
                    let breakers = if depth > 0 { "?*[{}," } else { "?*[{" };
                    parts.push(Hir::literal(self.text(breakers).into_bytes()));
                }
            }
        }
        Ok(Hir::concat(as_library(parts, depth)))
    }

    /// Braces that the end of the pattern closes too.
    fn alternatives(&mut self, depth: usize) -> Result<Hir, BuiltinError> {
        let mut alternatives = Vec::new();
        loop {
            alternatives.push(self.pattern(depth)?);
            if self.next() != Some(',') {
                return Ok(Hir::alternation(alternatives));
            }
        }
    }

    /// Characters up to one of the breakers; a backslash quotes.
    fn text(&mut self, breakers: &str) -> String {
        let mut text = String::new();
        while let Some(char) = self.peek() {
            if breakers.contains(char) {
                break;
            }
            self.at += 1;
            let char = if char == '\\' { self.next() } else { Some(char) };
            text.extend(char);
        }
        text
    }

    /// `a-z]`, `!a-z]`, `abc]` after the bracket.
    fn bracket(&mut self) -> Result<Hir, BuiltinError> {
        let end = || failed("unexpected end of input");
        let negated = self.peek() == Some('!');
        self.at += usize::from(negated);
        let first = self.peek().ok_or_else(end)?;
        if self.chars.get(self.at + 1) == Some(&'-') {
            self.at += 2;
            let last = self.next().ok_or_else(end)?;
            if last < first {
                return Err(failed(format!(
                    "hi character '{last}' should be greater than lo '{first}'"
                )));
            }
            return match self.next() {
                Some(']') => Ok(range(first, last, negated)),
                Some(_) => Err(failed("expected close range character")),
                None => Err(end()),
            };
        }
        let listed = self.text("]");
        self.next().ok_or_else(end)?;
        if listed.is_empty() {
            return Err(failed("could not parse range"));
        }
        Ok(class(listed.chars(), negated))
    }
}

/// Two habits of OPA's library: a lone `?` or `[!a]` matches nothing too, and in `ab**ba` both ends may overlap.
fn as_library(mut parts: Vec<Hir>, depth: usize) -> Vec<Hir> {
    if depth > 0 {
        return parts;
    }
    if let [one] = parts.as_slice()
        && let HirKind::Class(Class::Unicode(class)) = one.kind()
        && class.iter().any(|range| range.end() == char::MAX)
    {
        let sub = Box::new(parts.remove(0));
        return vec![Hir::repetition(Repetition { min: 0, max: Some(1), greedy: true, sub })];
    }
    if let [first, middle, last] = parts.as_slice()
        && let (HirKind::Literal(first), HirKind::Literal(last)) = (first.kind(), last.kind())
        && let HirKind::Repetition(Repetition { min: 0, max: None, sub, .. }) = middle.kind()
        && **sub == Hir::dot(Dot::AnyChar)
    {
        let overlaps: Vec<Hir> = overlaps(&first.0, &last.0).map(Hir::literal).collect();
        let whole = Hir::concat(std::mem::take(&mut parts));
        return vec![Hir::alternation(std::iter::once(whole).chain(overlaps).collect())];
    }
    parts
}

/// The texts shorter than both together that begin with one and end with the other.
fn overlaps(first: &[u8], last: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let shared = (1..=first.len().min(last.len()))
        .filter(|length| first.get(first.len() - length..) == last.get(..*length));
    shared.map(move |length| [first, last.get(length..).unwrap_or_default()].concat())
}

fn range(low: char, high: char, negated: bool) -> Hir {
    let mut class = ClassUnicode::new([ClassUnicodeRange::new(low, high)]);
    if negated {
        class.negate();
    }
    Hir::class(Class::Unicode(class))
}

fn class(chars: impl Iterator<Item = char>, negated: bool) -> Hir {
    let mut class = ClassUnicode::new(chars.map(|char| ClassUnicodeRange::new(char, char)));
    if negated {
        class.negate();
    }
    Hir::class(Class::Unicode(class))
}

fn quote_meta(arguments: &[Value], context: &mut CallContext<'_>) -> Answer {
    let text = string(arguments, 1)?;
    charge(text.len() * 2, context)?;
    let mut quoted = String::with_capacity(text.len());
    for char in text.chars() {
        if "*?\\[]{}".contains(char) {
            quoted.push('\\');
        }
        quoted.push(char);
    }
    answer(quoted)
}
