//! One file of Rego, parsed: its package, its imports and what its rules look like.

use std::fmt;
use std::num::{NonZeroU32, NonZeroUsize};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use regorus::PolicyLengthConfig;
use regorus::unstable as ast;

use super::fault::Fault;
use super::guard::{self, Limits};
use super::lexer::Lexed;
use crate::domain::place::{SourceFile, Span};

/// A file of Rego that parses.
#[derive(Clone)]
pub struct Module {
    /// The file.
    pub file: Arc<SourceFile>,
    /// The parts of its package, without `data`.
    pub package: Vec<String>,
    /// Where `package` stands.
    pub package_span: Span,
    /// The version of the language it is written in.
    pub version: Version,
    /// Its imports of data and input.
    pub imports: Vec<Import>,
    /// Its rules, in order; several may share a path.
    pub rules: Vec<Rule>,
    pub(super) ast: ast::Ref<ast::Module>,
    pub(super) lexed: Lexed,
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module")
            .field("file", &self.file.path)
            .field("package", &self.package)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// A version of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// Before OPA 1.0: rules without `if` and `contains`.
    V0,
    /// Since OPA 1.0.
    V1,
}

/// An import of data or input.
#[derive(Clone, Debug)]
pub struct Import {
    /// The name by which the file knows it.
    pub name: String,
    /// What it stands for: `data.lib.pod` in parts.
    pub path: Vec<String>,
    /// Where it stands.
    pub span: Span,
}

/// A rule's head.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its path within the package, as far as it is fixed: `deny`, or `a.b`.
    pub path: Vec<String>,
    /// What it makes.
    pub shape: Shape,
    /// Where its name stands.
    pub span: Span,
    /// The whole rule.
    pub extent: Span,
    /// The value as written, when it is a literal and holds whatever the input is.
    pub constant: Option<String>,
}

/// What a rule makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// One value.
    Complete,
    /// The members of a set.
    Set,
    /// The entries of an object.
    Object,
    /// A function of so many arguments.
    Function(usize),
    /// The value (or function) when nothing else holds.
    Default,
}

/// Parses `file`.
///
/// Without a `version` the file is read as of today, and as of before 1.0 when only that fits.
///
/// # Errors
/// The first fault of the file.
pub fn parse(
    file: &Arc<SourceFile>,
    version: Option<Version>,
    limits: &Limits,
) -> Result<Module, Fault> {
    let lexed = guard::admit(file, limits)?;
    let (version, tree) = match version {
        Some(version) => (version, parse_as(file, version)?),
        None => match parse_as(file, Version::V1) {
            Ok(tree) => (Version::V1, tree),
            Err(fault) if speaks_of_keywords(&fault.message) => {
                (Version::V0, parse_as(file, Version::V0).map_err(|older| later(fault, older))?)
            }
            Err(fault) => return Err(fault),
        },
    };
    facts(file, version, tree, lexed)
}

/// Whether a fault may only mean that the file is older than the keywords.
///
/// The parser is not asked about every broken file again, since it warns on the terminal about old ones.
fn speaks_of_keywords(message: &str) -> bool {
    ["keyword", "shadows previous import", "must have a body"]
        .iter()
        .any(|words| message.contains(words))
}

/// The fault of the reading that came further.
fn later(newer: Fault, older: Fault) -> Fault {
    if older.span.start > newer.span.start { older } else { newer }
}

fn parse_as(file: &Arc<SourceFile>, version: Version) -> Result<ast::Ref<ast::Module>, Fault> {
    let mut engine = regorus::Engine::new();
    add(&mut engine, file, version)?;
    let tree = engine.get_modules().first().cloned();
    tree.ok_or_else(|| Fault::new(file, Span::default(), "the file holds no package"))
}

/// Adds a file to an engine; a parser that panics is a fault like any other.
pub(super) fn add(
    engine: &mut regorus::Engine,
    file: &Arc<SourceFile>,
    version: Version,
) -> Result<(), Fault> {
    engine.set_rego_v0(version == Version::V0);
    engine.set_policy_length_config(length_config());
    let added = catch_unwind(AssertUnwindSafe(|| {
        engine.add_policy(file.path.clone(), file.text.to_string())
    }));
    match added {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(cause)) => {
            let fault = fault_of(&cause, &|path| (path == file.path).then_some(file), file);
            let help = syntax_help(&fault.message);
            Err(fault.with_help(help))
        }
        Err(_) => Err(Fault::new(file, Span::default(), "the parser failed on this file")
            .with_help("shorten it until it parses, and report what was removed")),
    }
}

fn syntax_help(message: &str) -> &'static str {
    if message.contains("`if` keyword") || message.contains("`contains` keyword") {
        "write `deny contains finding if { … }`"
    } else if message.contains("nesting too deep") {
        "name the inner parts with `:=`"
    } else if message.contains("keyword") {
        "a keyword cannot be a name: rename it, or move it into quotes"
    } else {
        "look for a bracket, comma or operator that is missing or too much, here or just before"
    }
}

/// The guard's bounds stand before the parser's own, so these only must not be smaller.
fn length_config() -> PolicyLengthConfig {
    let limits = Limits::default();
    let config = PolicyLengthConfig::default();
    PolicyLengthConfig {
        max_col: u32::try_from(limits.max_line_chars * 4)
            .ok()
            .and_then(NonZeroU32::new)
            .unwrap_or(config.max_col),
        max_file_bytes: NonZeroUsize::new(limits.max_bytes).unwrap_or(config.max_file_bytes),
        max_lines: NonZeroUsize::new(limits.max_lines).unwrap_or(config.max_lines),
    }
}

/// The engine's error text, which shows `--> file:line:column`, a source line and `error: message`, as a fault.
pub(super) fn fault_of<'f>(
    cause: &dyn fmt::Display,
    file_of: &dyn Fn(&str) -> Option<&'f Arc<SourceFile>>,
    otherwise: &'f Arc<SourceFile>,
) -> Fault {
    let text = cause.to_string();
    let mut lines = text.lines();
    let place = lines.by_ref().find_map(|line| line.trim_start().strip_prefix("--> "));
    let mut messages = lines.filter_map(|line| line.strip_prefix("error: "));
    let message = messages.find(|message| !message.trim().is_empty());
    let message = message.unwrap_or_else(|| text.trim()).trim_end_matches('.').to_owned();
    let located = place.and_then(|place| {
        let (rest, column) = place.rsplit_once(':')?;
        let (path, line) = rest.rsplit_once(':')?;
        let file = file_of(path)?;
        Some((file, span_at(file, line.parse().ok()?, column.parse().ok()?)))
    });
    let (file, span) = located.unwrap_or((otherwise, Span::default()));
    Fault::new(file, span, message)
}

/// The word (or character) at a line and column, both from 1.
fn span_at(file: &SourceFile, line: usize, column: usize) -> Span {
    let mut lines = file.text.split_inclusive('\n');
    let start: usize = lines.by_ref().take(line.saturating_sub(1)).map(str::len).sum();
    let text = lines.next().unwrap_or("");
    let before: usize = text.chars().take(column.saturating_sub(1)).map(char::len_utf8).sum();
    let rest = text.get(before..).unwrap_or("");
    let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
    let length = word.max(rest.chars().next().filter(|c| *c != '\n').map_or(0, char::len_utf8));
    Span::new(start + before, start + before + length)
}

pub(super) fn span_of(span: &ast::Span) -> Span {
    Span { start: span.start, end: span.end }
}

fn facts(
    file: &Arc<SourceFile>,
    version: Version,
    tree: ast::Ref<ast::Module>,
    lexed: Lexed,
) -> Result<Module, Fault> {
    let package_span = span_of(&tree.package.span);
    let package = path_of(&tree.package.refr);
    if !package.complete || package.parts.is_empty() {
        return Err(Fault::new(file, package_span, "the package's name is not fixed")
            .with_help("write names and strings only, e.g. `package acme.images`"));
    }
    if let Some(span) = tree.policy.iter().find_map(|rule| silent_head(rule)) {
        return Err(Fault::new(file, span_of(span), "this rule has neither a value nor a body")
            .with_help("write its value, e.g. `= true`"));
    }
    let imports = tree.imports.iter().filter_map(|import| {
        let path = path_of(&import.refr).parts;
        let root = path.first()?;
        if !matches!(root.as_str(), "data" | "input") {
            return None;
        }
        let name = match &import.r#as {
            Some(alias) => alias.text().to_owned(),
            None => path.last()?.clone(),
        };
        Some(Import { name, path, span: span_of(&import.span) })
    });
    let imports = imports.collect();
    let rules = tree.policy.iter().map(|rule| head_of(rule)).collect();
    Ok(Module {
        file: Arc::clone(file),
        package: package.parts,
        package_span,
        version,
        imports,
        rules,
        ast: tree,
        lexed,
    })
}

fn head_of(rule: &ast::Rule) -> Rule {
    let extent = span_of(rule.span());
    let (head, bodies) = match rule {
        ast::Rule::Default { refr, .. } => {
            let path = path_of(refr).parts;
            let span = span_of(refr.span());
            return Rule { path, shape: Shape::Default, span, extent, constant: None };
        }
        ast::Rule::Spec { head, bodies, .. } => (head, bodies),
    };
    let (refr, path, shape) = match head {
        ast::RuleHead::Func { refr, args, .. } => {
            (refr, path_of(refr).parts, Shape::Function(args.len()))
        }
        ast::RuleHead::Set { refr, key, .. } => {
            let mut path = path_of(refr);
            // `a.b` without a key is how the old language writes the set `a` with the member "b".
            if key.is_none() && path.parts.len() > 1 {
                path.parts.truncate(1);
                path.complete = true;
            }
            (refr, path.parts, if path.complete { Shape::Set } else { Shape::Object })
        }
        ast::RuleHead::Compr { refr, .. } => {
            let path = path_of(refr);
            (refr, path.parts, if path.complete { Shape::Complete } else { Shape::Object })
        }
    };
    let constant = (bodies.is_empty()).then(|| constant_of(head)).flatten();
    Rule { path, shape, span: span_of(refr.span()), extent, constant }
}

/// The value of a complete rule when it is a literal.
fn constant_of(head: &ast::RuleHead) -> Option<String> {
    let ast::RuleHead::Compr { assign: Some(assign), .. } = head else { return None };
    let is_literal = matches!(
        assign.value.as_ref(),
        ast::Expr::String { .. }
            | ast::Expr::RawString { .. }
            | ast::Expr::Number { .. }
            | ast::Expr::Bool { .. }
            | ast::Expr::Null { .. }
    );
    is_literal.then(|| assign.value.span().text().to_owned())
}

/// A head without value and body: true in OPA, undefined for the engine, so it is refused until someone says which.
fn silent_head(rule: &ast::Rule) -> Option<&ast::Span> {
    let ast::Rule::Spec { head, bodies, .. } = rule else { return None };
    match head {
        ast::RuleHead::Compr { span, assign, .. } | ast::RuleHead::Func { span, assign, .. } => {
            (bodies.is_empty() && assign.is_none()).then_some(span)
        }
        ast::RuleHead::Set { .. } => None,
    }
}

/// The fixed beginning of a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FixedPath {
    pub(super) parts: Vec<String>,
    /// Whether that is all of it.
    pub(super) complete: bool,
}

/// The fixed beginning of `expr`; empty when it does not begin with a name.
pub(super) fn path_of(expr: &ast::Expr) -> FixedPath {
    let mut steps: Vec<Option<String>> = Vec::new();
    let mut here = expr;
    loop {
        if let ast::Expr::RefDot { refr, field, .. } = here {
            steps.push(Some(field.0.text().to_owned()));
            here = refr;
        } else if let ast::Expr::RefBrack { refr, index, .. } = here {
            steps.push(text_of(index));
            here = refr;
        } else if let ast::Expr::Var { span, .. } = here {
            steps.push(Some(span.text().to_owned()));
            break;
        } else {
            return FixedPath { parts: Vec::new(), complete: false };
        }
    }
    let n_steps = steps.len();
    let parts: Vec<String> = steps.into_iter().rev().map_while(|step| step).collect();
    let complete = parts.len() == n_steps;
    FixedPath { parts, complete }
}

/// The text of a literal string.
pub(super) fn text_of(expr: &ast::Expr) -> Option<String> {
    if let ast::Expr::String { value, .. } | ast::Expr::RawString { value, .. } = expr {
        return value.as_string().ok().map(ToString::to_string);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(text: &str) -> Result<Module, String> {
        let file = Arc::new(SourceFile::new("p.rego", text));
        parse(&file, None, &Limits::default()).map_err(|fault| fault.to_string())
    }

    #[test]
    fn the_version_of_the_language_is_told_per_file() {
        assert_eq!(module("package p\nx if true").unwrap().version, Version::V1);
        assert_eq!(module("package p\ndeny[m] { m := \"a\" }").unwrap().version, Version::V0);
        let imported = "package p\nimport future.keywords\ndeny[m] { m := \"a\" }";
        assert_eq!(module(imported).unwrap().version, Version::V0);
        let v1 = "package p\nimport rego.v1\ndeny contains m if { m := \"a\" }";
        assert_eq!(module(v1).unwrap().version, Version::V1);
    }

    #[test]
    fn no_nesting_makes_the_parser_run_for_ever() {
        let started = std::time::Instant::now();
        for (open, close) in [
            ("[", "]"),
            ("[1 | 1 == ", "]"),
            ("{1 | {2} | ", "}"),
            ("{\"a\": 1 | 1 == ", "}"),
            ("{[", "]: 1}"),
            ("count([", "])"),
            ("input[[", "]]"),
            ("[1] {", "}"),
            ("y\n{", "}"),
        ] {
            for depth in [8, 12, 16, 30] {
                for inner in ["1", "1 1", ":=", ""] {
                    let nested = format!("{}{inner}{}", open.repeat(depth), close.repeat(depth));
                    drop(module(&format!("package p\nx := {nested}\n")));
                    drop(module(&format!("package p\nx if {{ {nested} }}\n")));
                }
            }
        }
        assert!(started.elapsed() < std::time::Duration::from_secs(30));
    }

    #[test]
    fn a_rule_without_value_and_body_is_refused() {
        let said = module("package p\nf(\"any\", _)\nx { input.y }").unwrap_err();
        assert!(said.contains("p.rego:2:1: this rule has neither"), "{said}");
    }

    #[test]
    fn a_fault_says_where() {
        let said = module("package p\n\nx := [1, 2,, 3]").unwrap_err();
        assert!(said.starts_with("p.rego:3:12: "), "{said}");
    }

    #[test]
    fn heads_tell_what_a_rule_makes() {
        let module = module(
            "package a.b\ndeny contains 1\nx := 1\nf(a, b) := a + b\no[k] := 1 if k := \"a\"\na.b.c := 1\ndefault y := 2",
        )
        .unwrap();
        let shown: Vec<String> = module
            .rules
            .iter()
            .map(|rule| format!("{} {:?}", rule.path.join("."), rule.shape))
            .collect();
        assert_eq!(
            shown,
            ["deny Set", "x Complete", "f Function(2)", "o Object", "a.b.c Complete", "y Default"]
        );
        assert_eq!(module.package, ["a", "b"]);
    }
}
