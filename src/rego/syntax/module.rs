//! Files: the package, the imports, the rules, and going on behind a fault.

use std::sync::Arc;

use super::ast::{Import, Module, Name, Package, TermKind, Version};
use super::fault::Code;
use super::parser::{Keywords, Parser};
use super::token::TokenKind;
use crate::domain::place::Span;

/// Which words may begin a path: a package may be called like a keyword.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Words {
    Any,
    Names,
}

impl Parser<'_, '_, '_> {
    /// The whole file.
    pub(super) fn module(mut self) -> Option<Module> {
        let package = self.package();
        if package.is_none() {
            self.skip_to_rule(0);
        }
        let mut imports = Vec::new();
        let mut rules = Vec::new();
        while !self.is(TokenKind::End) {
            if self.eat(TokenKind::Semicolon) {
                continue;
            }
            let before = self.at;
            let found = if self.is_word("import") && !self.begins_reference() {
                self.import().map(|import| {
                    self.switch_keywords(&import);
                    imports.push(import);
                })
            } else {
                self.rule(&mut rules)
            };
            if found.is_none() {
                self.skip_to_rule(before);
            }
        }
        let (file, version) = (Arc::clone(self.file), self.version);
        Some(Module { file, version, package: package?, imports, rules, comments: self.comments })
    }

    /// Goes on at the next word that begins a line without a blank before it, behind token `before`.
    fn skip_to_rule(&mut self, before: usize) {
        self.at = self.at.max(before + 1);
        while !self.is(TokenKind::End) && !self.at_margin() {
            self.at += 1;
        }
    }

    fn at_margin(&self) -> bool {
        let token = self.peek();
        let start = token.span.start as usize;
        let previous = start.checked_sub(1).and_then(|at| self.file.text.as_bytes().get(at));
        token.kind == TokenKind::Word && previous.is_none_or(|byte| *byte == b'\n')
    }

    fn package(&mut self) -> Option<Package> {
        let start = self.peek().span;
        if !self.is_word("package") {
            let span = if self.is(TokenKind::End) { Span::default() } else { start };
            self.fault(span, "a file must begin with its package", "write `package name` on top");
            return None;
        }
        self.at += 1;
        let path = self.path(Words::Any)?;
        Some(Package { path, span: self.span_from(start) })
    }

    /// `a.b["c-d"]`.
    fn path(&mut self, words: Words) -> Option<Vec<Name>> {
        let first = match (words, self.word()) {
            (Words::Any, Some(word)) => {
                let span = self.take().span;
                Name { text: Arc::from(word), span }
            }
            _ => self.name("a path: `a.b`")?,
        };
        let mut path = vec![first];
        while self.peek().glued {
            if self.eat(TokenKind::Dot) {
                let field = self.field()?;
                if let TermKind::String(text) = field.kind {
                    path.push(Name { text, span: field.span });
                }
            } else if self.eat(TokenKind::LeftBracket) {
                let term = self.plain_term()?;
                let TermKind::String(text) = term.kind else {
                    self.fault(
                        term.span,
                        "a step of this path must be a string",
                        "write `a.b` or `a[\"b\"]`",
                    );
                    return None;
                };
                path.push(Name { text, span: term.span });
                self.expect(TokenKind::RightBracket, "`]`")?;
            } else {
                break;
            }
        }
        let span = path.first().map_or_else(Span::default, |first| self.span_from(first.span));
        self.within_steps(path.len(), span)?;
        Some(path)
    }

    fn import(&mut self) -> Option<Import> {
        let start = self.take().span;
        let path = self.path(Words::Names)?;
        let root = path.first().map_or("", |name| name.text.as_ref());
        if !matches!(root, "data" | "input" | "future" | "rego") {
            let span = self.span_from(start);
            self.fault(
                span,
                format!("an import cannot begin with `{root}`"),
                "import from `data`, `input`, or `rego.v1`",
            );
            return None;
        }
        let alias = if self.is_word("as") {
            self.at += 1;
            Some(self.name("a name behind `as`")?)
        } else {
            None
        };
        let last = path.last()?;
        if alias.is_none() && root != "future" && self.is_keyword(&last.text) {
            let (span, text) = (last.span, Arc::clone(&last.text));
            self.fault(
                span,
                format!("an import cannot end with the keyword `{text}`"),
                "add `as` and a name",
            );
        }
        Some(Import { span: self.span_from(start), path, alias })
    }

    fn switch_keywords(&mut self, import: &Import) {
        let path: Vec<&str> = import.path.iter().map(|name| name.text.as_ref()).collect();
        match path.as_slice() {
            ["rego", "v1"] if self.version == Version::V1 => {}
            ["rego", "v1"] => {
                self.version = Version::V1;
                let Keywords { and, or, not, .. } = self.keywords;
                self.keywords = Keywords { and, or, not, ..Keywords::V1 };
            }
            ["future", "keywords"] => {
                self.keywords = Keywords { and: true, or: true, not: true, ..Keywords::V1 };
            }
            ["future", "keywords", "and"] => self.keywords.and = true,
            ["future", "keywords", "or"] => self.keywords.or = true,
            ["future", "keywords", "not"] => self.keywords.not = true,
            ["future", "keywords", "if"] => self.keywords.conditional = true,
            ["future", "keywords", "contains"] => self.keywords.contains = true,
            ["future", "keywords", "in"] => self.keywords.membership = true,
            ["future", "keywords", "every"] => {
                self.keywords.every = true;
                self.keywords.membership = true;
            }
            ["future" | "rego", ..] => {
                self.report
                    .fault(Code::Parse, import.span, "there is no such keyword to import")
                    .help("write `import rego.v1`");
            }
            _ => {}
        }
    }
}
