//! GraphQL's tokens. Source: the GraphQL specification, October 2021, section 2.1.

use std::borrow::Cow;

use super::Fault;
use super::syntax::Place;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    End,
    /// One of `! $ & ( ) : = @ [ ] { } |`.
    Mark(char),
    Spread,
    Name,
    Int,
    Float,
    String,
    Block,
    Comment,
}

/// One token with its text, without quotes.
#[derive(Clone, Debug)]
pub(super) struct Word<'t> {
    pub(super) token: Token,
    pub(super) text: Cow<'t, str>,
    pub(super) at: Place,
}

impl Word<'_> {
    pub(super) fn is_name(&self, name: &str) -> bool {
        self.token == Token::Name && self.text == name
    }

    /// Its kind alone, for messages.
    pub(super) fn kind(&self) -> String {
        match self.token {
            Token::End | Token::Mark(_) | Token::Spread => self.shown(),
            Token::Block => "BlockString".to_owned(),
            other => format!("{other:?}"),
        }
    }

    /// For messages.
    pub(super) fn shown(&self) -> String {
        match self.token {
            Token::End => "<EOF>".to_owned(),
            Token::Mark(mark) => mark.to_string(),
            Token::Spread => "...".to_owned(),
            Token::Name
            | Token::Int
            | Token::Float
            | Token::String
            | Token::Block
            | Token::Comment => format!("{} {:?}", self.kind(), self.text),
        }
    }
}

pub(super) struct Lexer<'t> {
    rest: &'t str,
    at: Place,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { rest: text, at: Place { line: 1, column: 1 } }
    }

    pub(super) fn next(&mut self) -> Result<Word<'t>, Fault> {
        self.space();
        let at = self.at;
        let Some(first) = self.rest.chars().next() else {
            return Ok(Word { token: Token::End, text: Cow::Borrowed(""), at });
        };
        match first {
            '!' | '$' | '&' | '(' | ')' | ':' | '=' | '@' | '[' | ']' | '{' | '}' | '|' => {
                self.skip(1);
                Ok(Word { token: Token::Mark(first), text: Cow::Borrowed(""), at })
            }
            '.' if self.rest.starts_with("...") => {
                self.skip(3);
                Ok(Word { token: Token::Spread, text: Cow::Borrowed(""), at })
            }
            '#' => {
                let text = self.taken_while(|c| c > '\u{1f}' || c == '\t');
                Ok(Word { token: Token::Comment, text: Cow::Borrowed(text), at })
            }
            'a'..='z' | 'A'..='Z' | '_' => {
                let text = self.taken_while(|c| c.is_ascii_alphanumeric() || c == '_');
                Ok(Word { token: Token::Name, text: Cow::Borrowed(text), at })
            }
            '-' | '0'..='9' => self.number(at),
            '"' if self.rest.starts_with("\"\"\"") => self.block(at),
            '"' => self.string(at),
            '\'' => Err(Fault::new(
                at,
                "Unexpected single quote character ('), did you mean to use a double quote (\")?",
            )),
            other => {
                Err(Fault::new(at, format!("Cannot parse the unexpected character {other:?}")))
            }
        }
    }

    fn space(&mut self) {
        while let Some(first) = self.rest.chars().next() {
            match first {
                '\t' | ' ' | ',' | '\u{feff}' => self.skip(1),
                '\n' => self.line(1),
                '\r' => self.line(if self.rest.starts_with("\r\n") { 2 } else { 1 }),
                _ => return,
            }
        }
    }

    /// Goes on by characters of one line.
    fn skip(&mut self, n_chars: u32) {
        for _ in 0..n_chars {
            let mut chars = self.rest.chars();
            if chars.next().is_some() {
                self.at.column += 1;
            }
            self.rest = chars.as_str();
        }
    }

    /// Goes on behind a line break of so many characters.
    fn line(&mut self, n_chars: u32) {
        self.skip(n_chars);
        self.at = Place { line: self.at.line + 1, column: 1 };
    }

    fn taken_while(&mut self, takes: impl Fn(char) -> bool) -> &'t str {
        let end = self.rest.find(|c| !takes(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.at.column += u32::try_from(taken.chars().count()).unwrap_or(u32::MAX);
        self.rest = rest;
        taken
    }

    fn takes(&mut self, wanted: &[char]) -> bool {
        let found = self.rest.chars().next().is_some_and(|first| wanted.contains(&first));
        if found {
            self.skip(1);
        }
        found
    }

    fn number(&mut self, at: Place) -> Result<Word<'t>, Fault> {
        let start = self.rest;
        self.takes(&['-']);
        if self.takes(&['0']) {
            if self.rest.starts_with(|c: char| c.is_ascii_digit()) {
                let message =
                    format!("Invalid number, unexpected digit after 0: {}", self.next_shown());
                return Err(Fault::new(self.at, message));
            }
        } else {
            self.digits()?;
        }
        let mut token = Token::Int;
        if self.takes(&['.']) {
            token = Token::Float;
            self.digits()?;
        }
        if self.takes(&['e', 'E']) {
            token = Token::Float;
            self.takes(&['-', '+']);
            self.digits()?;
        }
        let text = start.get(..start.len() - self.rest.len()).unwrap_or_default();
        Ok(Word { token, text: Cow::Borrowed(text), at })
    }

    fn digits(&mut self) -> Result<(), Fault> {
        if self.taken_while(|c| c.is_ascii_digit()).is_empty() {
            let message = format!("Invalid number, expected digit but got: {}", self.next_shown());
            return Err(Fault::new(self.at, message));
        }
        Ok(())
    }

    fn next_shown(&self) -> String {
        self.rest.chars().next().map_or_else(|| "<EOF>".to_owned(), |next| format!("\"{next}\""))
    }

    fn string(&mut self, at: Place) -> Result<Word<'t>, Fault> {
        self.skip(1);
        // OPA's parser places a string behind its quote.
        let at = Place { column: at.column + 1, ..at };
        let mut text = String::new();
        while let Some(next) = self.rest.chars().next() {
            match next {
                '"' => {
                    self.skip(1);
                    return Ok(Word { token: Token::String, text: Cow::Owned(text), at });
                }
                '\n' | '\r' => break,
                '\\' => {
                    self.skip(1);
                    text.push(self.escape()?);
                }
                next if next < ' ' && next != '\t' => return Err(self.invalid(next)),
                next => {
                    self.skip(1);
                    text.push(next);
                }
            }
        }
        Err(Fault::new(self.at, "Unterminated string"))
    }

    /// What stands behind a reverse solidus.
    fn escape(&mut self) -> Result<char, Fault> {
        let place = self.at;
        let wrong =
            |what: &str| Fault::new(place, format!("Invalid character escape sequence: \\{what}"));
        let Some(escape) = self.rest.chars().next() else { return Err(wrong("")) };
        self.skip(1);
        Ok(match escape {
            '"' | '/' | '\\' => escape,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let digits =
                    self.rest.get(..4).filter(|it| it.bytes().all(|b| b.is_ascii_hexdigit()));
                let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
                let code = code.ok_or_else(|| wrong("u"))?;
                self.skip(4);
                char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            other => return Err(wrong(&other.to_string())),
        })
    }

    fn invalid(&self, found: char) -> Fault {
        let message = format!("Invalid character within String: \"\\u{:04x}\"", u32::from(found));
        Fault::new(self.at, message)
    }

    fn block(&mut self, at: Place) -> Result<Word<'t>, Fault> {
        self.skip(3);
        let mut raw = String::new();
        while let Some(next) = self.rest.chars().next() {
            match next {
                '"' => {
                    let quotes = self.taken_while(|c| c == '"');
                    let Some(extra) = quotes.strip_suffix("\"\"\"") else {
                        raw.push_str(quotes);
                        continue;
                    };
                    raw.push_str(extra);
                    let text = Cow::Owned(block_value(&raw));
                    return Ok(Word { token: Token::Block, text, at });
                }
                '\\' if self.rest.starts_with("\\\"\"\"") => {
                    self.skip(4);
                    raw.push_str("\"\"\"");
                }
                '\n' | '\r' => {
                    self.line(if self.rest.starts_with("\r\n") { 2 } else { 1 });
                    raw.push('\n');
                }
                next if next < ' ' && next != '\t' => return Err(self.invalid(next)),
                next => {
                    self.skip(1);
                    raw.push(next);
                }
            }
        }
        Err(Fault::new(self.at, "Unterminated string"))
    }
}

/// A block string without its common indentation and without blank lines at both ends.
fn block_value(raw: &str) -> String {
    let is_blank = |line: &&str| line.bytes().all(|byte| byte == b' ' || byte == b'\t');
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let lines: Vec<&str> = raw.split('\n').collect();
    let common = lines.iter().filter(|line| !is_blank(line)).map(|line| indent(line)).min();
    let cut = lines.iter().enumerate().map(|(number, line)| match common {
        Some(common) if number > 0 => line.get(common..).unwrap_or_default(),
        _ => line,
    });
    let cut: Vec<&str> = cut.collect();
    let start = cut.iter().position(|line| !is_blank(line)).unwrap_or(cut.len());
    let end = cut.iter().rposition(|line| !is_blank(line)).map_or(start, |last| last + 1);
    cut.get(start..end).unwrap_or_default().join("\n")
}
