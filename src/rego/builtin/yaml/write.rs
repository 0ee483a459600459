//! Writes YAML as Go's `yaml.v2` does: keys in natural order, lists not indented below their key.

use std::cmp::Ordering;

use crate::document::yaml::reads_as_text;
use crate::domain::value::{Number, Value};

use super::super::format::{float_text, push_formatted};
use super::super::json::json_key;
use super::super::time::is_timestamp;

/// Bytes of a key that stands on the line of its value.
const MAX_KEY_BYTES: usize = 128;

type Written = Result<(), String>;

/// The value as YAML text.
pub(super) fn yaml_text(value: &Value) -> Result<String, String> {
    let mut text = String::new();
    write(&mut text, value, 0, Place::Root)?;
    Ok(text)
}

/// Where a value stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    AfterKey,
    AfterDash,
}

/// Writes a value; `indent` is where the keys or dashes of a collection would stand.
fn write(text: &mut String, value: &Value, indent: usize, place: Place) -> Written {
    match value {
        Value::Array(items) if !items.is_empty() => write_items(text, items, indent, place),
        Value::Set(set) if !set.is_empty() => write_items(text, set.items(), indent, place),
        Value::Object(_) | Value::Map(_) if value.size() != Some(0) => {
            write_entries(text, value, indent, place)
        }
        _ => {
            if place == Place::AfterKey {
                text.push(' ');
            }
            text.push_str(&scalar(value, indent, place)?);
            text.push('\n');
            Ok(())
        }
    }
}

fn begin_line(text: &mut String, indent: usize, is_first: bool, place: Place) {
    match (is_first, place) {
        (true, Place::Root | Place::AfterDash) => {}
        (true, Place::AfterKey) => {
            text.push('\n');
            text.extend(std::iter::repeat_n(' ', indent));
        }
        (false, _) => text.extend(std::iter::repeat_n(' ', indent)),
    }
}

fn write_items(text: &mut String, items: &[Value], indent: usize, place: Place) -> Written {
    // Below a key the dashes stand in the key's own column.
    let indent = if place == Place::AfterKey { indent.saturating_sub(2) } else { indent };
    for (position, item) in items.iter().enumerate() {
        begin_line(text, indent, position == 0, place);
        text.push_str("- ");
        write(text, item, indent + 2, Place::AfterDash)?;
    }
    Ok(())
}

fn write_entries(text: &mut String, value: &Value, indent: usize, place: Place) -> Written {
    let mut entries: Vec<_> = value.pairs().map(|(key, item)| (json_key(&key), item)).collect();
    entries.sort_by(|a, b| natural_order(&a.0, &b.0));
    for (position, (key, item)) in entries.into_iter().enumerate() {
        if key.len() > MAX_KEY_BYTES || key.contains(is_break) {
            return Err("a key that is long or has several lines is not written as YAML".to_owned());
        }
        begin_line(text, indent, position == 0, place);
        text.push_str(&string(&key, Style::Key)?);
        text.push(':');
        write(text, item, indent + 2, Place::AfterKey)?;
    }
    Ok(())
}

fn scalar(value: &Value, indent: usize, place: Place) -> Result<String, String> {
    Ok(match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number_text(number),
        Value::String(text) => {
            let indent = if place == Place::Root { 2 } else { indent };
            string(text, Style::Value { indent })?
        }
        Value::Array(_) | Value::Set(_) => "[]".to_owned(),
        Value::Object(_) | Value::Map(_) => "{}".to_owned(),
    })
}

/// Integers of at most 64 bits as they are, everything else as the float that it is for Go.
fn number_text(number: &Number) -> String {
    match number {
        Number::Int(number) => number.to_string(),
        Number::Big(number) if u64::try_from(number.as_ref()).is_ok() => number.to_string(),
        other => float_text(other.to_f64(), 'g', None),
    }
}

/// Where a string stands, which decides what styles it may have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Key,
    Value { indent: usize },
}

fn is_break(char: char) -> bool {
    matches!(char, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// What the emitter writes as it is; everything beyond 16 bits is not among it.
fn is_printable(char: char) -> bool {
    matches!(char, '\n' | ' '..='~' | '\u{a0}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

fn string(text: &str, style: Style) -> Result<String, String> {
    if text.contains(
        |char| matches!(char, '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}'),
    ) {
        return Err("yaml: control characters are not allowed".to_owned());
    }
    if text.contains(['\u{85}', '\u{2028}', '\u{2029}']) {
        return Err("a line break other than a line feed is not written as YAML".to_owned());
    }
    let facts = Facts::of(text);
    if let Style::Value { indent } = style
        && text.contains('\n')
        && facts.block_allowed
    {
        return Ok(literal(text, indent));
    }
    let is_plain =
        reads_as_text(text) && !is_sexagesimal(text) && !is_timestamp(text) && !text.contains('\n');
    let is_empty_key = text.is_empty() && style == Style::Key;
    Ok(match (is_plain, facts.plain_allowed && !is_empty_key, facts.single_allowed) {
        (true, true, _) => text.to_owned(),
        (true, false, true) => format!("'{}'", text.replace('\'', "''")),
        _ => double_quoted(text),
    })
}

/// What a text contains that rules out styles.
struct Facts {
    plain_allowed: bool,
    single_allowed: bool,
    block_allowed: bool,
}

impl Facts {
    fn of(text: &str) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let is_blank = |position: usize| {
            chars.get(position).is_none_or(|char| *char == ' ' || *char == '\t' || is_break(*char))
        };
        let pairs = || chars.iter().zip(chars.iter().skip(1));
        let ends = [chars.first(), chars.last()];
        let at_an_end = ends.iter().flatten().any(|char| **char == ' ' || is_break(**char));
        let break_space = pairs().any(|(a, b)| is_break(*a) && *b == ' ');
        let space_break = pairs().any(|(a, b)| *a == ' ' && is_break(*b));
        let special = !chars.iter().all(|char| is_printable(*char));
        let has_break = chars.iter().any(|char| is_break(*char));
        let indicator = |(position, char): (usize, &char)| match (position, char) {
            (
                0,
                '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%'
                | '@' | '`',
            ) => true,
            (0, '?' | ':' | '-') | (_, ':') => is_followed_by_blank(&chars, position),
            (_, '#') => is_blank(position - 1),
            _ => false,
        };
        let marks = text.starts_with("---") || text.starts_with("...");
        let indicators = marks || chars.iter().enumerate().any(indicator);
        Self {
            plain_allowed: !(at_an_end
                || break_space
                || space_break
                || special
                || has_break
                || indicators),
            single_allowed: !(break_space || space_break || special),
            block_allowed: !(chars.is_empty()
                || chars.last() == Some(&' ')
                || space_break
                || special),
        }
    }
}

/// The end counts as a blank here, a line break does not.
fn is_followed_by_blank(chars: &[char], position: usize) -> bool {
    chars.get(position + 1).is_none_or(|char| matches!(char, ' ' | '\t'))
}

/// `190:20:30`, a number in YAML 1.1.
fn is_sexagesimal(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let Some((first, rest)) = unsigned.split_once(':') else { return false };
    let is_number = |text: &str| text.bytes().all(|byte| byte == b'_' || byte.is_ascii_digit());
    let (rest, fraction) = rest.split_once('.').unwrap_or((rest, ""));
    let is_part =
        |part: &str| matches!(part.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']);
    first.starts_with(|char: char| char.is_ascii_digit())
        && is_number(first)
        && is_number(fraction)
        && rest.split(':').all(is_part)
}

/// A block of lines, each indented.
fn literal(text: &str, indent: usize) -> String {
    let mut block = "|".to_owned();
    if text.starts_with(|char| char == ' ' || is_break(char)) {
        block.push('2');
    }
    let n_breaks = text.chars().rev().take_while(|char| is_break(*char)).count();
    match n_breaks {
        0 => block.push('-'),
        1 if text.chars().count() > 1 => {}
        _ => block.push('+'),
    }
    let body = text.strip_suffix('\n').unwrap_or(text);
    for line in body.split('\n') {
        block.push('\n');
        if !line.is_empty() {
            block.extend(std::iter::repeat_n(' ', indent));
            block.push_str(line);
        }
    }
    block
}

fn double_quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    // The library looks for the mark at the beginning of the text, whatever character it is about to write.
    let begins_with_mark = text.starts_with('\u{feff}');
    for char in text.chars() {
        let code = u32::from(char);
        match char {
            '\0' => quoted.push_str("\\0"),
            '\u{7}' => quoted.push_str("\\a"),
            '\u{8}' => quoted.push_str("\\b"),
            '\t' => quoted.push_str("\\t"),
            '\n' => quoted.push_str("\\n"),
            '\u{b}' => quoted.push_str("\\v"),
            '\u{c}' => quoted.push_str("\\f"),
            '\r' => quoted.push_str("\\r"),
            '\u{1b}' => quoted.push_str("\\e"),
            '"' | '\\' => quoted.extend(['\\', char]),
            '\u{85}' => quoted.push_str("\\N"),
            '\u{2028}' => quoted.push_str("\\L"),
            '\u{2029}' => quoted.push_str("\\P"),
            _ if is_printable(char) && !begins_with_mark => quoted.push(char),
            _ if code <= 0xff => push_formatted(&mut quoted, format_args!("\\x{code:02X}")),
            _ if code <= 0xffff => push_formatted(&mut quoted, format_args!("\\u{code:04X}")),
            _ => push_formatted(&mut quoted, format_args!("\\U{code:08X}")),
        }
    }
    quoted.push('"');
    quoted
}

/// Letters after everything else, numbers by their size.
fn natural_order(a: &str, b: &str) -> Ordering {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let Some(at) = a.iter().zip(&b).position(|(a, b)| a != b) else { return a.len().cmp(&b.len()) };
    let (Some(first), Some(second)) = (a.get(at), b.get(at)) else { return Ordering::Equal };
    match (first.is_alphabetic(), second.is_alphabetic()) {
        (true, true) => return first.cmp(second),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    let digits_before = a.iter().take(at).rev().take_while(|char| char.is_numeric());
    let after_number =
        (*first == '0' || *second == '0') && digits_before.into_iter().any(|char| *char != '0');
    let number = |chars: &[char]| {
        let digits = chars.iter().skip(at).map_while(|char| char.to_digit(10));
        digits.fold((i64::from(after_number), at), |(number, end), digit| {
            (number.wrapping_mul(10).wrapping_add(i64::from(digit)), end + 1)
        })
    };
    number(&a).cmp(&number(&b)).then_with(|| first.cmp(second))
}
