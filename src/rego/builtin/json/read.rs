//! Reads JSON as Go does: numbers keep their text, of equal keys the last stands, lone surrogates are replaced.

use std::sync::Arc;

use crate::domain::value::{Number, Value};

/// Arrays and objects inside one another; deeper values would overflow the stack of whoever compares them.
const MAX_DEPTH: usize = 256;

/// Reads one value.
///
/// # Errors
/// The fault in words near Go's.
pub(in super::super) fn parsed(text: &str) -> Result<Value, String> {
    let mut reader = Reader { rest: text, depth: 0 };
    reader.space();
    if reader.rest.is_empty() {
        return Err("EOF".to_owned());
    }
    let value = reader.value()?;
    reader.space();
    match reader.rest.chars().next() {
        None => Ok(value),
        Some(char) => Err(format!("error: invalid character {char:?} after top-level value")),
    }
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

type Read<T> = Result<T, String>;

impl Reader<'_> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn take(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn unexpected<T>(&self, wanted: &str) -> Read<T> {
        Err(match self.rest.chars().next() {
            None => "unexpected EOF".to_owned(),
            Some(char) => format!("invalid character {char:?} {wanted}"),
        })
    }

    fn value(&mut self) -> Read<Value> {
        self.space();
        match self.rest.bytes().next() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'"') => self.string().map(Value::from),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ if self.take("true") => Ok(Value::Bool(true)),
            _ if self.take("false") => Ok(Value::Bool(false)),
            _ if self.take("null") => Ok(Value::Null),
            _ => self.unexpected("looking for beginning of value"),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Read<Value>) -> Read<Value> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("exceeded max depth".to_owned());
        }
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn array(&mut self) -> Read<Value> {
        self.take("[");
        self.space();
        let mut items = Vec::new();
        if self.take("]") {
            return Ok(Value::array(items));
        }
        loop {
            items.push(self.value()?);
            self.space();
            if self.take("]") {
                return Ok(Value::array(items));
            }
            if !self.take(",") {
                return self.unexpected("after array element");
            }
        }
    }

    fn object(&mut self) -> Read<Value> {
        self.take("{");
        self.space();
        let mut entries = Vec::new();
        if self.take("}") {
            return Ok(Value::object(entries));
        }
        loop {
            self.space();
            if !self.rest.starts_with('"') {
                return self.unexpected("looking for beginning of object key string");
            }
            let key: Arc<str> = self.string()?.into();
            self.space();
            if !self.take(":") {
                return self.unexpected("after object key");
            }
            entries.push((key, self.value()?));
            self.space();
            if self.take("}") {
                return Ok(Value::object(entries));
            }
            if !self.take(",") {
                return self.unexpected("after object key:value pair");
            }
        }
    }

    fn digits(&mut self) -> Read<()> {
        let n_digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        if n_digits == 0 {
            return self.unexpected("in numeric literal");
        }
        self.rest = self.rest.get(n_digits..).unwrap_or_default();
        Ok(())
    }

    fn number(&mut self) -> Read<Value> {
        let start = self.rest;
        self.take("-");
        if !self.take("0") {
            self.digits()?;
        }
        if self.take(".") {
            self.digits()?;
        }
        if self.take("e") || self.take("E") {
            let _ = self.take("+") || self.take("-");
            self.digits()?;
        }
        let text = start.get(..start.len() - self.rest.len()).unwrap_or_default();
        Number::from_json_text(text)
            .map(Value::Number)
            .ok_or_else(|| format!("invalid number {text}"))
    }

    fn string(&mut self) -> Read<String> {
        self.take("\"");
        let mut string = String::new();
        loop {
            let n_plain = self
                .rest
                .bytes()
                .take_while(|byte| !matches!(byte, b'"' | b'\\' | 0..0x20))
                .count();
            let (plain, rest) = self.rest.split_at_checked(n_plain).unwrap_or((self.rest, ""));
            string.push_str(plain);
            self.rest = rest;
            if self.take("\"") {
                return Ok(string);
            }
            if !self.take("\\") {
                return self.unexpected("in string literal");
            }
            string.push(self.escape()?);
        }
    }

    fn escape(&mut self) -> Read<char> {
        let mut chars = self.rest.chars();
        let char = match chars.next() {
            Some(char @ ('"' | '\\' | '/')) => char,
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => {
                self.rest = chars.as_str();
                return self.code();
            }
            _ => return self.unexpected("in string escape code"),
        };
        self.rest = chars.as_str();
        Ok(char)
    }

    fn unit(&mut self) -> Read<u32> {
        let digits =
            self.rest.get(..4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let Some(unit) = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) else {
            return self.unexpected("in \\u hexadecimal character escape");
        };
        self.rest = self.rest.get(4..).unwrap_or_default();
        Ok(unit)
    }

    /// A code, or two halves of one; a half alone is the replacement character.
    fn code(&mut self) -> Read<char> {
        let first = self.unit()?;
        if !(0xd800..0xdc00).contains(&first) || !self.rest.starts_with("\\u") {
            return Ok(char::from_u32(first).unwrap_or('\u{fffd}'));
        }
        let before = self.rest;
        self.take("\\u");
        let second = self.unit()?;
        if (0xdc00..0xe000).contains(&second) {
            let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            return Ok(char::from_u32(code).unwrap_or('\u{fffd}'));
        }
        self.rest = before;
        Ok('\u{fffd}')
    }
}
