//! What is refused before a parser sees it: texts that would hang it, overflow its stack or make it stop half-way.
//!
//! The engine's parser backtracks over literals (it tries each as a comprehension first), so nested first elements cost
//! twice as much per level; a NUL byte ends a text for it without a word.

use std::sync::Arc;

use super::fault::Fault;
use super::lexer::{Bracket, Lexed, Token, TokenKind, lex};
use crate::domain::place::{SourceFile, Span};

/// Bounds of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the text.
    pub max_bytes: usize,
    /// Lines of the text.
    pub max_lines: usize,
    /// Characters of one line.
    pub max_line_chars: usize,
    /// Nesting of brackets.
    pub max_depth: usize,
    /// Steps of one reference: `input.a[b].c` has three.
    pub max_steps: usize,
    /// Operators of one expression, and prefixes (`not`, `-`) in a row.
    pub max_operators: usize,
    /// Imports of the file.
    pub max_imports: usize,
    /// Statements of one body.
    pub max_statements: usize,
    /// How often the parser may read a bracket again, over one outermost bracket.
    pub max_rereads: u64,
    /// The same over the whole file.
    pub max_file_rereads: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bytes: 1_048_576,
            max_lines: 20_000,
            max_line_chars: 4_096,
            max_depth: 64,
            max_steps: 64,
            max_operators: 128,
            max_imports: 256,
            max_statements: 1_000,
            max_rereads: 4_096,
            max_file_rereads: 65_536,
        }
    }
}

/// Refuses what a parser should not see, and hands the pieces of the text to those who go on.
pub(super) fn admit(file: &Arc<SourceFile>, limits: &Limits) -> Result<Lexed, Fault> {
    let text = &file.text;
    let whole = |message: String, help: &str| {
        Err(Fault::new(file, Span::new(0, 0), message).with_help(help))
    };
    if text.len() > limits.max_bytes {
        return whole(
            format!("the file has {} bytes, more than {}", text.len(), limits.max_bytes),
            "split it, or move data into `data.json`",
        );
    }
    let mut start = 0;
    for (index, line) in text.split('\n').enumerate() {
        let at = Span::new(start, start + line.len());
        if index >= limits.max_lines {
            let message = format!("the file has more than {} lines", limits.max_lines);
            return Err(Fault::new(file, at, message).with_help("split it"));
        }
        // Bytes first: only a line that is too long in bytes can be too long in characters.
        if line.len() > limits.max_line_chars && line.chars().count() > limits.max_line_chars {
            let message = format!("the line has more than {} characters", limits.max_line_chars);
            return Err(
                Fault::new(file, at, message).with_help("break it, or move data into `data.json`")
            );
        }
        start += line.len() + 1;
    }
    let lexed = lex(text)
        .map_err(|fault| Fault::new(file, fault.span, fault.message).with_help(fault.help))?;
    Nesting::new(file, limits).judge(&lexed.tokens)?;
    Ok(lexed)
}

/// Whether `text` would be refused, and why.
///
/// # Errors
/// The first reason.
pub fn check(file: &Arc<SourceFile>, limits: &Limits) -> Result<(), Fault> {
    admit(file, limits).map(drop)
}

/// One open bracket, or the file itself.
struct Level {
    bracket: Option<Bracket>,
    open: Span,
    /// An index or a call, which the parser reads once.
    once: bool,
    /// No comma has come yet, so what stands here is read twice.
    first: bool,
    /// How often the parser reads what stands here.
    reads: u64,
    steps: usize,
    operators: usize,
    prefixes: usize,
    statements: usize,
}

struct Nesting<'f> {
    file: &'f Arc<SourceFile>,
    limits: &'f Limits,
    levels: Vec<Level>,
    n_imports: usize,
    /// Rereads over the outermost bracket that is open, and over the file.
    rereads: u64,
    file_rereads: u64,
}

impl<'f> Nesting<'f> {
    fn new(file: &'f Arc<SourceFile>, limits: &'f Limits) -> Self {
        let ground = Level {
            bracket: None,
            open: Span::default(),
            once: true,
            first: false,
            reads: 1,
            steps: 0,
            operators: 0,
            prefixes: 0,
            statements: 0,
        };
        Self { file, limits, levels: vec![ground], n_imports: 0, rereads: 0, file_rereads: 0 }
    }

    fn judge(mut self, tokens: &[Token]) -> Result<(), Fault> {
        let mut before: Option<Token> = None;
        for token in tokens {
            self.gap(*token, before)?;
            match token.kind {
                TokenKind::Open(bracket) => self.open(*token, bracket, before)?,
                TokenKind::Close(bracket) => self.close(*token, bracket)?,
                TokenKind::Comma
                | TokenKind::Semicolon
                | TokenKind::Dot
                | TokenKind::Minus
                | TokenKind::Operator
                | TokenKind::Word
                | TokenKind::Number
                | TokenKind::Text => self.count(*token, before)?,
            }
            before = Some(*token);
        }
        match self.levels.last() {
            Some(level) if level.bracket.is_some() => Err(self
                .fault(level.open, "this bracket is never closed")
                .with_help("close it, or remove it")),
            Some(_) | None => Ok(()),
        }
    }

    /// Two tokens between which something is missing. The parser would say so of another place, since it tries again.
    fn gap(&self, token: Token, before: Option<Token>) -> Result<(), Fault> {
        let Some(before) = before else { return Ok(()) };
        let waits = matches!(before.kind, TokenKind::Operator | TokenKind::Minus | TokenKind::Dot);
        let separates = matches!(token.kind, TokenKind::Comma | TokenKind::Semicolon);
        let empty = token.kind == TokenKind::Comma
            && matches!(before.kind, TokenKind::Comma | TokenKind::Open(_));
        if empty || (waits && (separates || matches!(token.kind, TokenKind::Close(_)))) {
            return Err(self
                .fault(token.span, "something is missing before this")
                .with_help("write what belongs there, or remove what is too much"));
        }
        Ok(())
    }

    fn fault(&self, span: Span, message: impl Into<String>) -> Fault {
        Fault::new(self.file, span, message)
    }

    /// Whether a `{` behind `before` on the same line begins a body, which the parser reads once. Behind `if` and `else`
    /// it tries a body and then a literal.
    fn begins_body(&self, before: Option<Token>) -> bool {
        let Some(before) = before else { return false };
        match before.kind {
            TokenKind::Close(_) | TokenKind::Number | TokenKind::Text => true,
            TokenKind::Word => {
                let word = self.file.text.get(before.span.range()).unwrap_or("");
                !matches!(
                    word,
                    "if" | "else" | "in" | "contains" | "not" | "as" | "some" | "with" | "default"
                )
            }
            TokenKind::Open(_)
            | TokenKind::Comma
            | TokenKind::Semicolon
            | TokenKind::Dot
            | TokenKind::Minus
            | TokenKind::Operator => false,
        }
    }

    fn open(&mut self, token: Token, bracket: Bracket, before: Option<Token>) -> Result<(), Fault> {
        let after_operand = token.glued
            && before.is_some_and(|before| {
                matches!(before.kind, TokenKind::Word | TokenKind::Text | TokenKind::Close(_))
            });
        let once = match bracket {
            Bracket::Round => true,
            Bracket::Square => after_operand,
            Bracket::Curly => !token.begins_line && self.begins_body(before),
        };
        if bracket == Bracket::Square && after_operand {
            self.step(token)?;
        }
        if self.levels.len() > self.limits.max_depth {
            let message = format!("brackets are nested deeper than {}", self.limits.max_depth);
            return Err(self
                .fault(token.span, message)
                .with_help("move the data into `data.json`, or name the inner parts"));
        }
        let (outer_reads, twice) = self
            .levels
            .last_mut()
            .map_or((1, false), |level| (level.reads, level.first && !level.once));
        let reads = if twice { outer_reads.saturating_mul(2) } else { outer_reads };
        self.rereads = self.rereads.saturating_add(reads - 1);
        self.file_rereads = self.file_rereads.saturating_add(reads - 1);
        if self.rereads > self.limits.max_rereads
            || self.file_rereads > self.limits.max_file_rereads
        {
            return Err(self
                .fault(token.span, "literals are nested too deeply in their first elements here")
                .with_help(
                    "move the data into `data.json`, or give the inner literal a name of its own",
                ));
        }
        self.levels.push(Level {
            bracket: Some(bracket),
            open: token.span,
            once,
            first: true,
            reads,
            steps: 0,
            operators: 0,
            prefixes: 0,
            statements: 0,
        });
        Ok(())
    }

    fn close(&mut self, token: Token, bracket: Bracket) -> Result<(), Fault> {
        let matches = self.levels.last().is_some_and(|level| level.bracket == Some(bracket));
        if !matches {
            let fault = self.fault(token.span, "this bracket closes none that is open");
            return Err(match self.levels.last().filter(|level| level.bracket.is_some()) {
                Some(level) => fault
                    .with_related(self.file, level.open, "the last one that was opened")
                    .with_help("close that one first"),
                None => fault.with_help("remove it"),
            });
        }
        self.levels.pop();
        if self.levels.len() == 1 {
            self.rereads = 0;
        }
        Ok(())
    }

    /// Counts what makes an expression long.
    fn count(&mut self, token: Token, before: Option<Token>) -> Result<(), Fault> {
        let operator = |kind: TokenKind| {
            matches!(kind, TokenKind::Operator | TokenKind::Minus | TokenKind::Comma)
        };
        let word = self.file.text.get(token.span.range()).unwrap_or("");
        let max = self.limits.max_operators;
        if token.kind == TokenKind::Dot {
            return self.step(token);
        }
        let Some(level) = self.levels.last_mut() else { return Ok(()) };
        let prefix = token.kind == TokenKind::Minus
            || (token.kind == TokenKind::Word && matches!(word, "not" | "some" | "every"));
        level.prefixes = if prefix { level.prefixes + 1 } else { 0 };
        let dotted = before.is_some_and(|before| before.kind == TokenKind::Dot);
        if !dotted {
            level.steps = 0;
        }
        // A line that begins with an operand begins a new expression, unless an operator ended the line before.
        let new_line = token.begins_line
            && !operator(token.kind)
            && !before.is_some_and(|before| operator(before.kind));
        let keyword = token.kind == TokenKind::Word
            && matches!(word, "if" | "else" | "with" | "contains" | "not" | "some" | "every");
        match token.kind {
            TokenKind::Comma => {
                level.first = false;
                level.operators = 0;
            }
            TokenKind::Semicolon => level.operators = 0,
            TokenKind::Operator if word == ":=" => level.operators = 0,
            TokenKind::Operator | TokenKind::Minus => level.operators += 1,
            TokenKind::Word if matches!(word, "in" | "as") => level.operators += 1,
            TokenKind::Word
            | TokenKind::Number
            | TokenKind::Text
            | TokenKind::Dot
            | TokenKind::Open(_)
            | TokenKind::Close(_) => {
                if new_line || keyword {
                    level.operators = 0;
                }
            }
        }
        let in_body = level.bracket == Some(Bracket::Curly);
        level.statements +=
            usize::from(in_body && (new_line || token.kind == TokenKind::Semicolon));
        if level.statements > self.limits.max_statements {
            let message =
                format!("this body has more than {} statements", self.limits.max_statements);
            return Err(self
                .fault(token.span, message)
                .with_help("move parts of it into rules of their own"));
        }
        self.n_imports += usize::from(new_line && !in_body && word == "import");
        if self.n_imports > self.limits.max_imports {
            let message = format!("the file has more than {} imports", self.limits.max_imports);
            return Err(self.fault(token.span, message).with_help("split it"));
        }
        if level.operators > max || level.prefixes > max.min(16) {
            return Err(self
                .fault(token.span, "this expression has too many operators")
                .with_help("name parts of it with `:=`"));
        }
        Ok(())
    }

    fn step(&mut self, token: Token) -> Result<(), Fault> {
        let Some(level) = self.levels.last_mut() else { return Ok(()) };
        level.steps += 1;
        if level.steps > self.limits.max_steps {
            let message = format!("this reference has more than {} steps", self.limits.max_steps);
            return Err(self.fault(token.span, message).with_help("name parts of it with `:=`"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn judge(text: &str) -> Result<(), String> {
        let file = Arc::new(SourceFile::new("p.rego", text));
        check(&file, &Limits::default()).map_err(|fault| fault.to_string())
    }

    fn refused(text: &str, reason: &str) {
        let said = judge(text).unwrap_err();
        assert!(said.contains(reason), "{said}");
    }

    #[test]
    fn what_would_hang_or_overflow_the_parser_is_refused() {
        let around = |open: &str, n: usize, close: &str| {
            format!("package p\nx := {}1{}", open.repeat(n), close.repeat(n))
        };
        refused(&around("[", 13, "]"), "nested too deeply in their first");
        refused(&around("{\"a\": ", 13, "}"), "nested too deeply in their first");
        refused(&around("[{\"a\": ", 7, "}]"), "nested too deeply in their first");
        refused(&around("f(\n", 3_000, ")"), "deeper than 64");
        refused(&around("set(", 500, ")"), "deeper than 64");
        refused(&format!("package p\nx := input{}", "[0]".repeat(1_000)), "more than 64 steps");
        refused(&format!("package p\nx := input{}", ".a".repeat(1_000)), "more than 64 steps");
        refused(&format!("package p\nx := {}1", "1 +\n".repeat(10_000)), "too many operators");
        refused(&format!("package p\nx := {}1", "- ".repeat(1_000)), "too many operators");
        refused(&format!("package p\nx if {}y", "not ".repeat(1_000)), "too many operators");
        refused(&format!("package p\n# {}", "x".repeat(5_000)), "more than 4096 characters");
        refused(&"\n".repeat(30_000), "more than 20000 lines");
        refused(&format!("package p\n{}", "import data.x\n".repeat(300)), "more than 256 imports");
        refused(
            &format!("package p\nx if {{\n{}}}", "y := 1\n".repeat(2_000)),
            "more than 1000 statements",
        );
        refused(
            &format!("package p\nx if {{ {} }}", "y;".repeat(1_500)),
            "more than 1000 statements",
        );
        refused("package p\nx := [1)", "closes none that is open");
        refused("package p\nx := [1", "never closed");
    }

    #[test]
    fn what_people_write_is_admitted() {
        judge(
            r#"package p
            deny contains msg if {
                some c in input.spec.template.spec.containers
                limits := {"a": {"b": {"c": {"d": [{"e": [1]}]}}}}
                msg := sprintf("%s %s %d", [c.name, concat(", ", [x | some x in c.ports]), 1 - -1])
            }"#,
        )
        .unwrap();
        let rules = "x contains 1 if input.a.b.c + 1 == 2\n".repeat(1_000);
        judge(&format!("package p\n{rules}")).unwrap();
    }

    proptest! {
        #[test]
        fn no_text_makes_the_guard_panic(text in any::<String>()) {
            drop(judge(&text));
        }

        #[test]
        fn no_soup_of_tokens_makes_the_guard_panic(
            words in proptest::collection::vec(
                proptest::sample::select(vec![
                    "[", "]", "{", "}", "(", ")", "\"", "`", "#", "\n", "not", "x", ".", "-", "1e9",
                    ",", ";", ":=", "|", "\\", "é", "\0", " ",
                ]),
                0..200,
            )
        ) {
            drop(judge(&words.concat()));
        }
    }
}
