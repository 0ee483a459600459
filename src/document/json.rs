//! JSON (RFC 8259), strictly: one pass from the text to the value and its places.

use std::borrow::Cow;

use super::tree::{Role, Shape, Tree};
use super::{Document, DocumentLimits, Fault, FaultKind, char_at};
use crate::domain::place::Span;
use crate::domain::value::{Number, Value};

/// Reading a longer integer exactly takes time that grows with the square of its length.
const MAX_NUMBER_BYTES: usize = 4_096;

/// Reads the one value of `text`. A byte order mark before it is accepted.
///
/// # Errors
/// The first fault of the text; a duplicate key is one.
pub fn read(text: &str, limits: &DocumentLimits) -> Result<Document, Fault> {
    let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let reader = Reader {
        text,
        bytes: text.as_bytes(),
        at,
        tree: Tree::new(limits, text.len()),
        open: Vec::new(),
    };
    reader.document()
}

struct Reader<'t, 'l> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    tree: Tree<'l>,
    /// Where each open collection began.
    open: Vec<(Shape, usize)>,
}

/// What may stand next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Value,
    /// The first key or item, or the end of an empty collection.
    FirstOrEnd,
    /// A key behind a comma.
    Key,
    CommaOrEnd,
}

impl<'t> Reader<'t, '_> {
    fn document(mut self) -> Result<Document, Fault> {
        let mut next = Next::Value;
        loop {
            self.skip_blanks();
            next = match next {
                Next::Value => self.value()?,
                Next::FirstOrEnd | Next::CommaOrEnd if self.ends() => self.close()?,
                Next::FirstOrEnd if self.tree.role() == Role::Value => self.value()?,
                Next::FirstOrEnd | Next::Key => self.key()?,
                Next::CommaOrEnd => self.comma()?,
            };
            if self.tree.is_at_root() {
                break;
            }
        }
        self.skip_blanks();
        if self.at < self.bytes.len() {
            return Err(self
                .fault("there is text behind the end of the JSON value")
                .with_help("one JSON file holds one value; put several into an array"));
        }
        let end = char_at(self.text, self.at);
        self.tree
            .finish()
            .ok_or_else(|| Fault::new(FaultKind::Syntax, "the text holds no JSON value", end))
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn ends(&self) -> bool {
        match self.open.last() {
            Some((Shape::Array, _)) => self.peek() == Some(b']'),
            Some((Shape::Object, _)) => self.peek() == Some(b'}'),
            None => false,
        }
    }

    fn close(&mut self) -> Result<Next, Fault> {
        self.at += 1;
        self.open.pop();
        self.tree.close(Some(Span::new(self.at, self.at).start))?;
        Ok(Next::CommaOrEnd)
    }

    fn comma(&mut self) -> Result<Next, Fault> {
        let (shape, next) = match self.open.last() {
            Some((Shape::Object, _)) => ("object", Next::Key),
            Some((Shape::Array, _)) | None => ("array", Next::Value),
        };
        match self.peek() {
            Some(b',') => self.at += 1,
            Some(b']' | b'}') => return Err(self.mismatch(shape)),
            Some(_) => {
                let message = format!("a comma or the end of this {shape} is missing here");
                return Err(self.fault(message));
            }
            None => return Err(self.unfinished()),
        }
        self.skip_blanks();
        if self.ends() {
            let message = format!("a comma stands before the end of this {shape}");
            return Err(self.fault(message).with_help("remove the last comma: JSON allows none"));
        }
        Ok(next)
    }

    fn key(&mut self) -> Result<Next, Fault> {
        match self.peek() {
            Some(b'"') => {}
            Some(b'\'') => return Err(self.single_quotes()),
            Some(b'/' | b'#') => return Err(self.comment()),
            Some(b']') => return Err(self.mismatch("object")),
            Some(_) => {
                return Err(self
                    .fault("a key must stand in double quotes")
                    .with_help("write `\"key\": value`; JSON has no other form of key"));
            }
            None => return Err(self.unfinished()),
        }
        let start = self.at;
        let key = self.string()?;
        let span = Span::new(start, self.at);
        self.tree.check_scalar(key.len(), span)?;
        self.tree.key(&key, span);
        self.skip_blanks();
        if self.peek() != Some(b':') {
            return Err(self.fault("a colon is missing behind this key"));
        }
        self.at += 1;
        Ok(Next::Value)
    }

    fn value(&mut self) -> Result<Next, Fault> {
        let start = self.at;
        let value = match self.peek() {
            Some(b'{') => return self.open(Shape::Object),
            Some(b'[') => return self.open(Shape::Array),
            Some(b'"') => {
                let text = self.string()?;
                self.tree.check_scalar(text.len(), Span::new(start, self.at))?;
                Value::from(text.as_ref())
            }
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b'a'..=b'z' | b'A'..=b'Z') => self.word()?,
            Some(b'\'') => return Err(self.single_quotes()),
            Some(b'/' | b'#') => return Err(self.comment()),
            Some(b']' | b'}' | b',' | b':') => return Err(self.fault("a value is missing here")),
            Some(_) => return Err(self.fault("this is no JSON value")),
            None => return Err(self.unfinished()),
        };
        self.tree.leaf(value, Span::new(start, self.at), 0)?;
        Ok(Next::CommaOrEnd)
    }

    fn open(&mut self, shape: Shape) -> Result<Next, Fault> {
        self.tree.open(shape, Span::new(self.at, self.at + 1), 0)?;
        self.open.push((shape, self.at));
        self.at += 1;
        Ok(Next::FirstOrEnd)
    }

    fn word(&mut self) -> Result<Value, Fault> {
        let start = self.at;
        while matches!(self.peek(), Some(b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_')) {
            self.at += 1;
        }
        match self.text.get(start..self.at) {
            Some("true") => Ok(Value::Bool(true)),
            Some("false") => Ok(Value::Bool(false)),
            Some("null") => Ok(Value::Null),
            Some("NaN" | "Infinity") => {
                let message = "JSON has no `NaN` and no `Infinity`";
                Err(Fault::new(FaultKind::Syntax, message, Span::new(start, self.at))
                    .with_help("write a finite number or `null`"))
            }
            Some(_) | None => {
                let message =
                    "this is no JSON value: only `true`, `false` and `null` stand without quotes";
                Err(Fault::new(FaultKind::Syntax, message, Span::new(start, self.at))
                    .with_help("put text into double quotes"))
            }
        }
    }

    fn number(&mut self) -> Result<Value, Fault> {
        let start = self.at;
        let negative = self.peek() == Some(b'-');
        self.at += usize::from(negative);
        let first_digit = self.at;
        self.digits()?;
        if self.bytes.get(first_digit) == Some(&b'0') && self.at > first_digit + 1 {
            let message = "a JSON number does not begin with a zero";
            return Err(Fault::new(FaultKind::Syntax, message, Span::new(start, self.at))
                .with_help("remove the zeros in front, or put the digits into double quotes"));
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        let span = Span::new(start, self.at);
        let text = self.text.get(start..self.at).unwrap_or_default();
        if text.len() > MAX_NUMBER_BYTES {
            let message =
                format!("a number of more than {MAX_NUMBER_BYTES} characters is not read");
            return Err(Fault::new(FaultKind::Limit, message, span)
                .with_help("put the digits into double quotes"));
        }
        // `1e400` would be a number of OPA's, but nothing that reads manifests could take it.
        let number = Number::from_json_text(text).filter(|number| match number {
            Number::Decimal(text) => text.parse::<f64>().is_ok_and(f64::is_finite),
            Number::Int(_) | Number::Big(_) | Number::Float(_) => true,
        });
        number.map(Value::Number).ok_or_else(|| {
            let message = "this number is beyond the range of 64-bit floats";
            Fault::new(FaultKind::Syntax, message, span)
                .with_help("write it as an integer, or in double quotes")
        })
    }

    /// One digit or more.
    fn digits(&mut self) -> Result<(), Fault> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at > start { Ok(()) } else { Err(self.fault("a digit is missing in this number")) }
    }

    fn string(&mut self) -> Result<Cow<'t, str>, Fault> {
        let start = self.at + 1;
        let rest = self.bytes.get(start..).unwrap_or_default();
        let special = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
        let end = start + special.unwrap_or(rest.len());
        if self.bytes.get(end) == Some(&b'"') {
            self.at = end + 1;
            return Ok(self.text.get(start..end).unwrap_or_default().into());
        }
        self.escaped_string(start, end).map(Into::into)
    }

    /// A string that has an escape, or a fault, at `end`.
    fn escaped_string(&mut self, start: usize, end: usize) -> Result<String, Fault> {
        let mut out = self.text.get(start..end).unwrap_or_default().to_owned();
        self.at = end;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => out.push(self.escape()?),
                Some(b'\n' | b'\r') => {
                    return Err(self
                        .fault("this string has no end in its line")
                        .with_help("close it with `\"`; a line break inside is written `\\n`"));
                }
                Some(0..0x20) => {
                    return Err(self
                        .fault("a control character stands in this string")
                        .with_help("write it as an escape, e.g. `\\t` or `\\u0000`"));
                }
                Some(_) => {
                    let rest = self.bytes.get(self.at..).unwrap_or_default();
                    let special =
                        rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
                    let end = self.at + special.unwrap_or(rest.len());
                    out.push_str(self.text.get(self.at..end).unwrap_or_default());
                    self.at = end;
                }
                None => return Err(self.unfinished()),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Fault> {
        let start = self.at;
        let char = match self.bytes.get(start + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            Some(_) | None => {
                return Err(self
                    .fault("JSON has no such escape")
                    .with_help("a backslash itself is written `\\\\`"));
            }
        };
        self.at = start + 2;
        Ok(char)
    }

    fn unicode_escape(&mut self) -> Result<char, Fault> {
        let start = self.at;
        let high = self.hex_unit(start)?;
        if let Some(char) = char::from_u32(high) {
            self.at = start + 6;
            return Ok(char);
        }
        let low = match (high, self.bytes.get(start + 6..start + 8)) {
            (0xd800..0xdc00, Some(b"\\u")) => self.hex_unit(start + 6)?,
            _ => 0,
        };
        if !(0xdc00..0xe000).contains(&low) {
            let message = "half of a surrogate pair stands alone, which is no character";
            return Err(Fault::new(FaultKind::Syntax, message, Span::new(start, start + 6))
                .with_help("write both halves, e.g. `\\ud83d\\ude00`, or the character itself"));
        }
        self.at = start + 12;
        // Both halves were checked, so this is a character.
        Ok(char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00))
            .unwrap_or('\u{fffd}'))
    }

    /// The four digits of the `\u0000` at `start`.
    fn hex_unit(&self, start: usize) -> Result<u32, Fault> {
        let digits = self.bytes.get(start + 2..start + 6).unwrap_or_default();
        let unit = digits
            .iter()
            .try_fold(0, |unit, digit| Some(unit << 4 | char::from(*digit).to_digit(16)?));
        match unit {
            Some(unit) if digits.len() == 4 => Ok(unit),
            Some(_) | None => {
                let message = "`\\u` wants four hexadecimal digits";
                Err(Fault::new(FaultKind::Syntax, message, Span::new(start, start + 2)))
            }
        }
    }

    fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::new(FaultKind::Syntax, message, char_at(self.text, self.at))
    }

    fn single_quotes(&self) -> Fault {
        self.fault("JSON has no single quotes").with_help("write double quotes: `\"text\"`")
    }

    fn comment(&self) -> Fault {
        self.fault("JSON has no comments").with_help("remove it, or write the file as YAML")
    }

    fn mismatch(&self, shape: &str) -> Fault {
        self.fault(format!("this bracket does not close the {shape} that is open"))
    }

    /// The text ended; what is still open is the likely culprit.
    fn unfinished(&self) -> Fault {
        let mut fault = self.fault("the JSON text ends too early");
        if let Some((shape, start)) = self.open.last() {
            let bracket = if *shape == Shape::Array { "[" } else { "{" };
            fault.message = format!("the JSON text ends before this `{bracket}` is closed");
            fault.span = Span::new(*start, start + 1);
            fault.related = Some(char_at(self.text, self.at));
        }
        fault
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(text: &str, expect: &Expect) {
        let shown = match read(text, &DocumentLimits::default()) {
            Ok(document) => document.value.to_string(),
            Err(fault) => {
                let related = fault.related.map(|span| format!(" related {}", span.start));
                format!(
                    "{:?} {}..{}{}: {} ({})",
                    fault.kind,
                    fault.span.start,
                    fault.span.end,
                    related.unwrap_or_default(),
                    fault.message,
                    fault.help.unwrap_or_default()
                )
            }
        };
        expect.assert_eq(&shown);
    }

    #[test]
    fn values_of_every_kind_are_read_and_numbers_print_as_they_were_written() {
        check(
            " {\"b\": [1, -0, 2.50, 1E3, true, false, null], \"a\": {}, \"\": \"\"}\n",
            &expect![[r#"{"":"","a":{},"b":[1,-0,2.50,1E3,true,false,null]}"#]],
        );
        check("\u{feff}[]", &expect!["[]"]);
        check("123456789012345678901234567890", &expect!["123456789012345678901234567890"]);
        check(r#""\u00e9\ud83d\ude00\n\/""#, &expect![[r#""é😀\n/""#]]);
    }

    #[test]
    fn a_duplicate_key_is_refused_with_both_places() {
        check(
            r#"{"a": 1, "b": 2, "a": 3}"#,
            &expect![
                "DuplicateKey 17..20 related 1: the key `a` stands twice in one mapping (keep one of the two: readers disagree on which of them counts)"
            ],
        );
        check(
            r#"{"a": 1, "\u0061": 3}"#,
            &expect![
                "DuplicateKey 9..17 related 1: the key `a` stands twice in one mapping (keep one of the two: readers disagree on which of them counts)"
            ],
        );
    }

    #[test]
    fn faults_say_what_is_wrong_and_what_to_write() {
        check("", &expect!["Syntax 0..0: the JSON text ends too early ()"]);
        check(
            "[1,]",
            &expect![
                "Syntax 3..4: a comma stands before the end of this array (remove the last comma: JSON allows none)"
            ],
        );
        check(
            "[1 2]",
            &expect!["Syntax 3..4: a comma or the end of this array is missing here ()"],
        );
        check(
            "{'a': 1}",
            &expect!["Syntax 1..2: JSON has no single quotes (write double quotes: `\"text\"`)"],
        );
        check(
            "{a: 1}",
            &expect![
                "Syntax 1..2: a key must stand in double quotes (write `\"key\": value`; JSON has no other form of key)"
            ],
        );
        check("{\"a\" 1}", &expect!["Syntax 5..6: a colon is missing behind this key ()"]);
        check(
            "[1, // c\n2]",
            &expect!["Syntax 4..5: JSON has no comments (remove it, or write the file as YAML)"],
        );
        check(
            "[NaN]",
            &expect![
                "Syntax 1..4: JSON has no `NaN` and no `Infinity` (write a finite number or `null`)"
            ],
        );
        check(
            "[01]",
            &expect![
                "Syntax 1..3: a JSON number does not begin with a zero (remove the zeros in front, or put the digits into double quotes)"
            ],
        );
        check(
            "[1e999]",
            &expect![
                "Syntax 1..6: this number is beyond the range of 64-bit floats (write it as an integer, or in double quotes)"
            ],
        );
        check(
            "{\"a\": [1",
            &expect!["Syntax 6..7 related 8: the JSON text ends before this `[` is closed ()"],
        );
        check(
            "[1}",
            &expect!["Syntax 2..3: this bracket does not close the array that is open ()"],
        );
        check(
            "[] []",
            &expect![
                "Syntax 3..4: there is text behind the end of the JSON value (one JSON file holds one value; put several into an array)"
            ],
        );
        check(
            "[\"a\nb\"]",
            &expect![
                "Syntax 3..3: this string has no end in its line (close it with `\"`; a line break inside is written `\\n`)"
            ],
        );
        check(
            r#"["\ud800"]"#,
            &expect![
                "Syntax 2..8: half of a surrogate pair stands alone, which is no character (write both halves, e.g. `\\ud83d\\ude00`, or the character itself)"
            ],
        );
        check(
            r#"["\x"]"#,
            &expect!["Syntax 2..3: JSON has no such escape (a backslash itself is written `\\\\`)"],
        );
        check(
            "[\"\0\"]",
            &expect![
                "Syntax 2..3: a control character stands in this string (write it as an escape, e.g. `\\t` or `\\u0000`)"
            ],
        );
    }

    #[test]
    fn limits_name_themselves() {
        let limits =
            DocumentLimits { max_nodes: 3, max_scalar_bytes: 4, ..DocumentLimits::default() };
        for (text, name) in
            [("[1,2,3]", "limits.maxNodes"), ("[\"12345\"]", "limits.maxScalarBytes")]
        {
            let fault = read(text, &limits).unwrap_err();
            assert_eq!(fault.kind, FaultKind::Limit);
            assert!(fault.message.contains(name), "{}", fault.message);
        }
        let digits = "9".repeat(5_000);
        assert_eq!(read(&digits, &DocumentLimits::default()).unwrap_err().kind, FaultKind::Limit);
    }
}
