//! A bounded lexer of our own: it knows strings, raw strings and comments, never recurses and never backtracks, so that
//! a text can be judged before a parser is let loose on it.

use crate::domain::place::Span;

/// A token of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Span,
    /// No blank stands before it.
    pub(super) glued: bool,
    /// It is the first of its line.
    pub(super) begins_line: bool,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A name or a keyword.
    Word,
    Number,
    /// A string of either form.
    Text,
    /// `(`, `[` or `{`.
    Open(Bracket),
    /// `)`, `]` or `}`.
    Close(Bracket),
    Comma,
    Semicolon,
    Dot,
    Minus,
    /// Any other operator.
    Operator,
}

/// The three pairs of brackets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bracket {
    Round,
    Square,
    Curly,
}

/// A comment, with its `#` and without the end of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Comment {
    pub(super) span: Span,
    /// Nothing but blanks stands before it on its line.
    pub(super) own_line: bool,
}

/// A text in pieces.
#[derive(Clone, Debug, Default)]
pub(super) struct Lexed {
    pub(super) tokens: Vec<Token>,
    pub(super) comments: Vec<Comment>,
}

/// A place where the text cannot be taken to pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LexicalFault {
    pub(super) span: Span,
    pub(super) message: String,
    pub(super) help: String,
}

/// Takes `text` to pieces.
pub(super) fn lex(text: &str) -> Result<Lexed, LexicalFault> {
    let mut lexed = Lexed::default();
    let mut cursor = Cursor { text, at: 0 };
    let mut glued = false;
    let mut begins_line = true;
    while let Some(first) = cursor.peek() {
        let start = cursor.at;
        match first {
            '\n' => {
                cursor.skip(1);
                begins_line = true;
                glued = false;
                continue;
            }
            ' ' | '\t' | '\r' => {
                cursor.skip(1);
                glued = false;
                continue;
            }
            '#' => {
                cursor.skip_while(|c| c != '\n');
                let span = Span::new(start, cursor.at);
                lexed.comments.push(Comment { span, own_line: begins_line });
                glued = false;
                continue;
            }
            _ => {}
        }
        let kind = token(&mut cursor, first)?;
        let span = Span::new(start, cursor.at);
        lexed.tokens.push(Token { kind, span, glued, begins_line });
        glued = true;
        begins_line = false;
    }
    Ok(lexed)
}

fn token(cursor: &mut Cursor<'_>, first: char) -> Result<TokenKind, LexicalFault> {
    let start = cursor.at;
    let fault = |end: usize, message: String, help: &str| {
        Err(LexicalFault { span: Span::new(start, end), message, help: help.to_owned() })
    };
    let kind = match first {
        '"' => return string(cursor),
        '`' => {
            cursor.skip(1);
            cursor.skip_while(|c| c != '`');
            if cursor.peek().is_none() {
                return fault(
                    start + 1,
                    "this raw string never ends".to_owned(),
                    "close it with a backtick",
                );
            }
            TokenKind::Text
        }
        '(' => TokenKind::Open(Bracket::Round),
        '[' => TokenKind::Open(Bracket::Square),
        '{' => TokenKind::Open(Bracket::Curly),
        ')' => TokenKind::Close(Bracket::Round),
        ']' => TokenKind::Close(Bracket::Square),
        '}' => TokenKind::Close(Bracket::Curly),
        ',' => TokenKind::Comma,
        ';' => TokenKind::Semicolon,
        '.' => TokenKind::Dot,
        '-' => TokenKind::Minus,
        '+' | '*' | '/' | '%' | '&' | '|' | ':' | '<' | '>' | '=' | '!' => {
            cursor.skip_while(|c| matches!(c, ':' | '<' | '>' | '=' | '!'));
            if cursor.at == start {
                cursor.skip(1);
            }
            return Ok(TokenKind::Operator);
        }
        c if c.is_ascii_digit() => {
            cursor.skip_while(|c| c.is_ascii_alphanumeric());
            let rest = cursor.rest();
            if rest.starts_with('.') && rest.chars().nth(1).is_some_and(|c| c.is_ascii_digit()) {
                cursor.skip(1);
                cursor.skip_while(|c| c.is_ascii_alphanumeric());
            }
            return Ok(TokenKind::Number);
        }
        c if c.is_ascii_alphabetic() || c == '_' => {
            cursor.skip_while(|c| c.is_ascii_alphanumeric() || c == '_');
            return Ok(TokenKind::Word);
        }
        '$' => {
            return fault(
                start + 1,
                "template strings are not supported".to_owned(),
                "build the text with `sprintf`",
            );
        }
        '\'' => {
            return fault(
                start + 1,
                "a string cannot begin with `'`".to_owned(),
                "write strings in double quotes or backticks",
            );
        }
        other => {
            return fault(
                start + other.len_utf8(),
                format!("the character `{}` cannot stand here", other.escape_default()),
                "remove it, or write it inside a string",
            );
        }
    };
    cursor.skip(1);
    Ok(kind)
}

fn string(cursor: &mut Cursor<'_>) -> Result<TokenKind, LexicalFault> {
    let start = cursor.at;
    cursor.skip(1);
    loop {
        cursor.skip_while(|c| c != '"' && c != '\\' && c != '\n');
        match cursor.peek() {
            Some('"') => {
                cursor.skip(1);
                return Ok(TokenKind::Text);
            }
            Some('\\') => {
                cursor.skip(1);
                if cursor.peek().is_some_and(|c| c != '\n') {
                    cursor.skip_char();
                }
            }
            Some(_) | None => {
                return Err(LexicalFault {
                    span: Span::new(start, cursor.at),
                    message: "this string never ends".to_owned(),
                    help: "close it with `\"` on the same line, or write a raw string in backticks"
                        .to_owned(),
                });
            }
        }
    }
}

struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip(&mut self, bytes: usize) {
        self.at += bytes;
    }

    fn skip_char(&mut self) {
        self.at += self.peek().map_or(0, char::len_utf8);
    }

    fn skip_while(&mut self, wanted: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.at += rest.find(|c| !wanted(c)).unwrap_or(rest.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<TokenKind> {
        lex(text).unwrap().tokens.into_iter().map(|token| token.kind).collect()
    }

    #[test]
    fn brackets_in_strings_and_comments_are_no_brackets() {
        let kinds = kinds("x := \"[\\\"[\" # [\ny := `[\n[`");
        assert!(!kinds.contains(&TokenKind::Open(Bracket::Square)), "{kinds:?}");
        assert_eq!(kinds.iter().filter(|kind| **kind == TokenKind::Text).count(), 2);
    }

    #[test]
    fn strings_that_never_end_are_refused() {
        assert_eq!(lex("x := \"abc\ny").unwrap_err().span, Span::new(5, 9));
        assert!(lex("x := `abc").is_err());
        assert!(lex("x := \"abc\\").is_err());
    }

    #[test]
    fn a_nul_byte_is_refused_since_a_parser_would_stop_there() {
        assert!(lex("x := 1\n\0\ny := 2").is_err());
    }

    #[test]
    fn operators_are_one_token_each() {
        assert_eq!(kinds("a := b"), [TokenKind::Word, TokenKind::Operator, TokenKind::Word]);
        assert_eq!(kinds("1.5e3.x").first(), Some(&TokenKind::Number));
    }
}
