//! The parser's hands: looking at tokens, taking them, complaining, and reading ahead within an allowance.

use std::sync::Arc;

use super::Limits;
use super::ast::{Name, Version};
use super::fault::{Code, Report};
use super::lexer::Lexed;
use super::token::{Comment, Token, TokenKind};
use crate::domain::place::{SourceFile, Span};

/// The words that are keywords only where an import or the version says so.
#[expect(clippy::struct_excessive_bools, reason = "each is switched by an import of its own")]
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Keywords {
    pub(super) conditional: bool,
    pub(super) contains: bool,
    pub(super) every: bool,
    pub(super) membership: bool,
    pub(super) and: bool,
    pub(super) or: bool,
    /// `not` takes bodies, and takes nothing out of what it negates.
    pub(super) not: bool,
}

impl Keywords {
    /// Those of v1.
    pub(super) const V1: Self = Self {
        conditional: true,
        contains: true,
        every: true,
        membership: true,
        and: false,
        or: false,
        not: false,
    };
}

/// The words that are keywords in every version.
const KEYWORDS: [&str; 11] =
    ["package", "import", "as", "default", "else", "not", "some", "with", "null", "true", "false"];

pub(super) struct Parser<'t, 'r, 'f> {
    pub(super) file: &'t Arc<SourceFile>,
    pub(super) tokens: Vec<Token>,
    pub(super) comments: Vec<Comment>,
    pub(super) at: usize,
    pub(super) version: Version,
    pub(super) keywords: Keywords,
    pub(super) limits: &'t Limits,
    pub(super) report: &'r mut Report<'f>,
    /// Tokens that may still be read again.
    allowance: usize,
    /// The levels of the terms read so far in the bracket that is open.
    pub(super) height: usize,
    /// Inside a trial nothing is recovered: its faults are thrown away.
    pub(super) trials: usize,
}

impl<'t, 'r, 'f> Parser<'t, 'r, 'f> {
    pub(super) fn new(
        file: &'t Arc<SourceFile>,
        lexed: Lexed,
        version: Version,
        limits: &'t Limits,
        report: &'r mut Report<'f>,
    ) -> Self {
        let keywords = if version == Version::V1 { Keywords::V1 } else { Keywords::default() };
        Self {
            file,
            allowance: lexed.tokens.len().saturating_mul(limits.max_rereads),
            tokens: lexed.tokens,
            comments: lexed.comments,
            at: 0,
            height: 0,
            version,
            keywords,
            limits,
            report,
            trials: 0,
        }
    }

    /// The token that comes next; at the end it is [`TokenKind::End`] for ever.
    pub(super) fn peek(&self) -> Token {
        self.ahead(0)
    }

    pub(super) fn ahead(&self, n: usize) -> Token {
        let token = self.tokens.get(self.at + n).or_else(|| self.tokens.last());
        token.copied().unwrap_or(Token {
            kind: TokenKind::End,
            span: Span::default(),
            glued: false,
            begins_line: true,
        })
    }

    pub(super) fn kind(&self) -> TokenKind {
        self.peek().kind
    }

    pub(super) fn is(&self, kind: TokenKind) -> bool {
        self.peek().kind == kind
    }

    /// Steps over the next token and returns it.
    pub(super) fn take(&mut self) -> Token {
        let token = self.peek();
        self.at += 1;
        token
    }

    pub(super) fn eat(&mut self, kind: TokenKind) -> bool {
        let found = self.is(kind);
        if found {
            self.at += 1;
        }
        found
    }

    pub(super) fn text_of(&self, span: Span) -> &'t str {
        self.file.text.get(span.range()).unwrap_or("")
    }

    /// The next token as a word.
    pub(super) fn word(&self) -> Option<&'t str> {
        let token = self.peek();
        (token.kind == TokenKind::Word).then(|| self.text_of(token.span))
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        self.word() == Some(word)
    }

    pub(super) fn is_keyword_in(&self) -> bool {
        self.keywords.membership && self.is_word("in") && !self.begins_reference()
    }

    pub(super) fn is_keyword_if(&self) -> bool {
        self.keywords.conditional && self.is_word("if") && !self.begins_reference()
    }

    /// Whether `word` cannot be a name here.
    pub(super) fn is_keyword(&self, word: &str) -> bool {
        KEYWORDS.contains(&word)
            || match word {
                "if" => self.keywords.conditional,
                "contains" => self.keywords.contains,
                "every" => self.keywords.every,
                "and" => self.keywords.and,
                "or" => self.keywords.or,
                "in" => self.keywords.membership || self.keywords.every,
                _ => false,
            }
    }

    /// Whether the next word is followed at once by `.` or `[`, so that even a keyword is a name.
    pub(super) fn begins_reference(&self) -> bool {
        let next = self.ahead(1);
        next.glued && matches!(next.kind, TokenKind::Dot | TokenKind::LeftBracket)
    }

    /// Takes a name that is no keyword.
    pub(super) fn name(&mut self, expected: &str) -> Option<Name> {
        let token = self.peek();
        match self.word() {
            Some(word)
                if !self.is_keyword(word)
                    || word == "contains"
                    || self.begins_reference()
                    || (matches!(word, "and" | "or")
                        && self.ahead(1).kind == TokenKind::LeftParen) =>
            {
                self.at += 1;
                Some(Name { text: Arc::from(word), span: token.span })
            }
            Some(_) | None => {
                self.unexpected(expected);
                None
            }
        }
    }

    /// From the first byte of the token at `start` to the end of the last one taken.
    pub(super) fn span_from(&self, start: Span) -> Span {
        let last = self.at.checked_sub(1).and_then(|index| self.tokens.get(index));
        Span {
            start: start.start,
            end: last.map_or(start.end, |last| last.span.end.max(start.end)),
        }
    }

    pub(super) fn expect(&mut self, kind: TokenKind, expected: &str) -> Option<Token> {
        if self.is(kind) {
            return Some(self.take());
        }
        self.unexpected(expected);
        None
    }

    /// Complains about the next token.
    pub(super) fn unexpected(&mut self, expected: &str) {
        let token = self.peek();
        let found = match token.kind {
            TokenKind::Broken => return,
            TokenKind::End => "the end of the file".to_owned(),
            TokenKind::Word if self.is_keyword(self.text_of(token.span)) => {
                format!("keyword `{}`", self.text_of(token.span))
            }
            _ => {
                let text = self.text_of(token.span);
                let short: String = text.chars().take(40).collect();
                let more = if short.len() < text.len() { "…" } else { "" };
                format!("`{}{more}`", short.escape_debug())
            }
        };
        self.report.fault(
            Code::Parse,
            token.span,
            format!("unexpected {found}, expected {expected}"),
        );
    }

    pub(super) fn fault(&mut self, span: Span, message: impl AsRef<str>, help: &str) {
        self.report.fault(Code::Parse, span, message).help(help);
    }

    /// Reads with `read`; when it fails, goes back as if nothing had happened.
    pub(super) fn attempt<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let (at, n_faults) = (self.at, self.report.faults.len());
        self.trials += 1;
        let found = read(self);
        self.trials -= 1;
        if found.is_some() && self.report.faults.len() == n_faults {
            return found;
        }
        self.report.faults.truncate(n_faults);
        self.reread(at);
        None
    }

    /// Goes back to token `at`, and pays for it.
    pub(super) fn reread(&mut self, at: usize) {
        let cost = self.at.saturating_sub(at);
        if cost > self.allowance {
            let span = self.peek().span;
            self.report
                .fault(Code::Limit, span, "the text is too ambiguous to be read")
                .help("put unions in parentheses: `[(a | b), c]`");
            self.at = self.tokens.len();
            return;
        }
        self.allowance -= cost;
        self.at = at;
    }
}
