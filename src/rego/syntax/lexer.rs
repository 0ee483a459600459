//! Text to tokens: one pass, no backtracking, no recursion; template strings are taken apart here already.
//!
//! Keywords are words: which words are keywords depends on the imports, so the parser decides.

use super::Limits;
use super::fault::{Code, Report};
use super::token::{Comment, Operator, Token, TokenKind};
use crate::domain::place::Span;

/// A text in pieces; the tokens end with [`TokenKind::End`].
#[derive(Clone, Debug, Default)]
pub(super) struct Lexed {
    pub(super) tokens: Vec<Token>,
    pub(super) comments: Vec<Comment>,
}

/// Takes `text` to pieces and reports what cannot be one.
pub(super) fn lex(text: &str, limits: &Limits, report: &mut Report<'_>) -> Lexed {
    let mut lexer =
        Lexer { text, at: 0, limits, report, lexed: Lexed::default(), open: Vec::new() };
    lexer.run();
    lexer.lexed
}

/// What is open: a bracket, or the expression of a template string.
#[derive(Clone, Copy)]
struct Open {
    span: Span,
    close: TokenKind,
    /// In a template string, whether it is a raw one.
    template: Option<bool>,
}

struct Lexer<'t, 'r, 'f> {
    text: &'t str,
    at: usize,
    limits: &'t Limits,
    report: &'r mut Report<'f>,
    lexed: Lexed,
    open: Vec<Open>,
}

impl<'t> Lexer<'t, '_, '_> {
    fn run(&mut self) {
        self.byte_order_marks();
        let mut glued = false;
        let mut begins_line = true;
        while let Some(first) = self.peek() {
            let start = self.at;
            match first {
                '\n' => {
                    self.at += 1;
                    begins_line = true;
                    glued = false;
                }
                ' ' | '\t' | '\r' => {
                    self.at += 1;
                    glued = false;
                }
                '#' => {
                    self.skip_while(|c| c != '\n');
                    let span = Span::new(start, self.at);
                    self.lexed.comments.push(Comment { span, own_line: begins_line });
                    glued = false;
                }
                _ => {
                    let kind = self.token(first);
                    let span = Span::new(start, self.at);
                    self.balance(kind, span);
                    self.lexed.tokens.push(Token { kind, span, glued, begins_line });
                    glued = true;
                    begins_line = false;
                }
            }
        }
        if let Some(open) = self.open.first().copied() {
            let what = if open.template.is_some() { "template expression" } else { "bracket" };
            self.report
                .fault(Code::Parse, open.span, format!("this {what} is never closed"))
                .help("close it, or remove it");
        }
        let span = Span::new(self.text.len(), self.text.len());
        let kind = TokenKind::End;
        self.lexed.tokens.push(Token { kind, span, glued: false, begins_line: true });
    }

    /// Skips the mark that a file may begin with, and reports one that stands anywhere else: nobody sees it.
    fn byte_order_marks(&mut self) {
        for (at, mark) in self.text.match_indices('\u{feff}') {
            if at == 0 {
                self.at = mark.len();
                continue;
            }
            let span = Span::new(at, at + mark.len());
            self.report
                .fault(Code::Parse, span, "illegal byte-order mark")
                .help("remove the invisible character; inside a string write `\\ufeff`");
            return;
        }
    }

    fn token(&mut self, first: char) -> TokenKind {
        let start = self.at;
        match first {
            '"' => return self.string(),
            '`' => return self.raw_string(),
            '$' => return self.template_begin(),
            c if c.is_ascii_digit() => return self.number(),
            c if c.is_ascii_alphabetic() || c == '_' => {
                self.skip_while(|c| c.is_ascii_alphanumeric() || c == '_');
                return TokenKind::Word;
            }
            '}' if self.open.last().is_some_and(|open| open.template.is_some()) => {
                return self.template_go_on();
            }
            _ => {}
        }
        let rest = self.rest();
        let Some((kind, length)) = punctuation(rest) else {
            self.at += first.len_utf8();
            let help = if first == '\'' {
                "write strings in double quotes or backticks"
            } else {
                "remove it, or write it inside a string"
            };
            let message = format!("the character `{}` cannot stand here", first.escape_default());
            self.report.fault(Code::Parse, Span::new(start, self.at), message).help(help);
            return TokenKind::Broken;
        };
        self.at += length;
        kind
    }

    /// Keeps count of brackets and bounds their depth.
    fn balance(&mut self, kind: TokenKind, span: Span) {
        let close = match kind {
            TokenKind::LeftParen => TokenKind::RightParen,
            TokenKind::LeftBracket => TokenKind::RightBracket,
            TokenKind::LeftBrace => TokenKind::RightBrace,
            TokenKind::RightParen | TokenKind::RightBracket | TokenKind::RightBrace => {
                match self.open.last().copied() {
                    Some(open) if open.close == kind && open.template.is_none() => {
                        self.open.pop();
                    }
                    Some(open) => {
                        self.report
                            .fault(
                                Code::Parse,
                                span,
                                "this bracket does not close the one that is open",
                            )
                            .related(open.span, "the open bracket")
                            .help("close that one first");
                        self.stop();
                    }
                    None => {
                        self.report
                            .fault(Code::Parse, span, "this bracket closes none that is open")
                            .help("remove it, or open one before");
                        self.stop();
                    }
                }
                return;
            }
            _ => return,
        };
        self.enter(Open { span, close, template: None });
    }

    fn enter(&mut self, open: Open) {
        if self.open.len() >= self.limits.max_depth {
            let message = format!("brackets are nested more than {} deep", self.limits.max_depth);
            self.report
                .fault(Code::Limit, open.span, message)
                .help("give inner parts names of their own, or move data into `data.json`");
            self.stop();
            return;
        }
        self.open.push(open);
    }

    /// Goes to the end: behind a bracket that fits nowhere every further word would be about the same fault.
    fn stop(&mut self) {
        let span = Span::new(self.at, self.at);
        let kind = TokenKind::Broken;
        self.lexed.tokens.push(Token { kind, span, glued: false, begins_line: false });
        self.at = self.text.len();
        self.open.clear();
    }

    fn number(&mut self) -> TokenKind {
        let start = self.at;
        self.skip_while(|c| c.is_ascii_digit());
        let mut wrong = None;
        if self.peek() == Some('.') {
            self.at += 1;
            if !self.peek().is_some_and(|c| c.is_ascii_digit()) {
                wrong = Some("a digit must follow the point of a number");
            }
            self.skip_while(|c| c.is_ascii_digit());
        }
        if matches!(self.peek(), Some('e' | 'E')) {
            self.at += 1;
            if matches!(self.peek(), Some('+' | '-')) {
                self.at += 1;
            }
            if !self.peek().is_some_and(|c| c.is_ascii_digit()) {
                wrong = Some("a number must have digits behind its exponent sign");
            }
            self.skip_while(|c| c.is_ascii_digit());
        }
        if self.peek().is_some_and(|c| c.is_ascii_alphabetic() || c == '_') {
            wrong = wrong.or(Some("letters cannot follow a number"));
            self.skip_while(|c| c.is_ascii_alphanumeric() || c == '_');
        }
        let text = self.text.get(start..self.at).unwrap_or("");
        let mut digits = text.bytes();
        if digits.next() == Some(b'0') && digits.next().is_some_and(|c| c.is_ascii_digit()) {
            wrong = wrong.or(Some("a number cannot begin with a zero"));
        }
        let Some(wrong) = wrong else { return TokenKind::Number };
        self.report
            .fault(Code::Parse, Span::new(start, self.at), wrong)
            .help("write numbers as in JSON: `10`, `0.5`, `1e3`");
        TokenKind::Broken
    }

    fn string(&mut self) -> TokenKind {
        let start = self.at;
        self.at += 1;
        loop {
            self.skip_while(|c| c != '"' && c != '\\' && c != '\n');
            match self.peek() {
                Some('"') => {
                    self.at += 1;
                    return TokenKind::Text;
                }
                Some('\\') => self.escape(false),
                _ => {
                    return self.unending(
                        start,
                        "close it with `\"` on the same line, or write a raw string in backticks",
                    );
                }
            }
        }
    }

    fn raw_string(&mut self) -> TokenKind {
        let start = self.at;
        self.at += 1;
        self.skip_while(|c| c != '`');
        if self.peek().is_none() {
            return self.unending(start, "close it with a backtick");
        }
        self.at += 1;
        TokenKind::RawText
    }

    fn unending(&mut self, start: usize, help: &str) -> TokenKind {
        self.report
            .fault(Code::Parse, Span::new(start, self.at), "this string never ends")
            .help(help);
        TokenKind::Broken
    }

    fn template_begin(&mut self) -> TokenKind {
        let start = self.at;
        self.at += 1;
        let raw = match self.peek() {
            Some('"') => false,
            Some('`') => true,
            _ => {
                self.report
                    .fault(Code::Parse, Span::new(start, self.at), "`$` begins no name")
                    .help("write a template string as `$\"… {expression} …\"`");
                return TokenKind::Broken;
            }
        };
        self.at += 1;
        self.template_piece(start, true, raw)
    }

    fn template_go_on(&mut self) -> TokenKind {
        let start = self.at;
        let raw = self.open.pop().and_then(|open| open.template).unwrap_or(false);
        self.at += 1;
        self.template_piece(start, false, raw)
    }

    /// Reads up to the end of the string, or up to and with the `{` of its next expression.
    fn template_piece(&mut self, start: usize, first: bool, raw: bool) -> TokenKind {
        let quote = if raw { '`' } else { '"' };
        loop {
            self.skip_while(|c| c != quote && c != '\\' && c != '{' && (raw || c != '\n'));
            match self.peek() {
                Some('\\') if raw => {
                    self.at += 1;
                    if self.peek() == Some('{') {
                        self.at += 1;
                    }
                }
                Some('\\') => self.escape(true),
                Some('{') => {
                    let span = Span::new(self.at, self.at + 1);
                    self.at += 1;
                    self.enter(Open { span, close: TokenKind::RightBrace, template: Some(raw) });
                    return TokenKind::Template { first, last: false, raw };
                }
                Some(c) if c == quote => {
                    self.at += 1;
                    return TokenKind::Template { first, last: true, raw };
                }
                _ => return self.unending(start, "close it with the quote that began it"),
            }
        }
    }

    /// Steps over a backslash and what it escapes.
    fn escape(&mut self, template: bool) {
        let start = self.at;
        self.at += 1;
        match self.peek() {
            Some('\\' | '"' | '/' | 'b' | 'f' | 'n' | 'r' | 't' | 'u') => self.at += 1,
            Some('{') if template => self.at += 1,
            next => {
                let end = start + 1 + next.filter(|c| *c != '\n').map_or(0, char::len_utf8);
                self.report
                    .fault(Code::Parse, Span::new(start, end), "a string knows no such escape")
                    .help("write `\\\\` for a backslash, or a raw string in backticks");
                self.at = end;
            }
        }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip_while(&mut self, wanted: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.at += rest.find(|c| !wanted(c)).unwrap_or(rest.len());
    }
}

/// The punctuation at the beginning of `rest` and its length in bytes.
fn punctuation(rest: &str) -> Option<(TokenKind, usize)> {
    let mut bytes = rest.bytes();
    let (first, second) = (bytes.next()?, bytes.next());
    let then = |wanted: u8, longer: TokenKind, shorter: TokenKind| {
        if second == Some(wanted) { Some((longer, 2)) } else { Some((shorter, 1)) }
    };
    let operator = |operator: Operator| TokenKind::Operator(operator);
    Some(match first {
        b'(' => (TokenKind::LeftParen, 1),
        b')' => (TokenKind::RightParen, 1),
        b'[' => (TokenKind::LeftBracket, 1),
        b']' => (TokenKind::RightBracket, 1),
        b'{' => (TokenKind::LeftBrace, 1),
        b'}' => (TokenKind::RightBrace, 1),
        b',' => (TokenKind::Comma, 1),
        b';' => (TokenKind::Semicolon, 1),
        b'.' => (TokenKind::Dot, 1),
        b':' => return then(b'=', TokenKind::Assign, TokenKind::Colon),
        b'=' => return then(b'=', operator(Operator::Equal), TokenKind::Unify),
        b'<' => return then(b'=', operator(Operator::LessEqual), operator(Operator::Less)),
        b'>' => return then(b'=', operator(Operator::GreaterEqual), operator(Operator::Greater)),
        b'!' if second == Some(b'=') => (operator(Operator::NotEqual), 2),
        b'|' => (operator(Operator::Or), 1),
        b'&' => (operator(Operator::And), 1),
        b'+' => (operator(Operator::Plus), 1),
        b'-' => (operator(Operator::Minus), 1),
        b'*' => (operator(Operator::Times), 1),
        b'/' => (operator(Operator::Divide), 1),
        b'%' => (operator(Operator::Remainder), 1),
        _ => return None,
    })
}
