//! One file of Rego, parsed: its package, its imports and what its rules look like.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "of a head only the steps that are texts belong to the path"
)]

use std::borrow::Borrow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::fault::Fault;
use super::syntax::ast::{self, Makes, TermKind};
use super::syntax::{self, Limits};
use crate::domain::place::{SourceFile, Span};

pub use super::syntax::Version;

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
    pub(super) tree: syntax::Module,
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

impl Borrow<syntax::Module> for Module {
    fn borrow(&self) -> &syntax::Module {
        &self.tree
    }
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
/// All faults of the file.
pub fn parse(
    file: &Arc<SourceFile>,
    version: Option<Version>,
    limits: &Limits,
) -> Result<Module, Vec<Fault>> {
    if let Some(version) = version {
        return syntax::parse(file, version, limits).map(Module::of);
    }
    match syntax::parse(file, Version::V1, limits) {
        Ok(tree) if !imports_twice(&tree) => Ok(Module::of(tree)),
        Ok(tree) => {
            // Before 1.0 a name could be imported twice.
            let older = syntax::parse(file, Version::V0, limits);
            Ok(Module::of(older.unwrap_or(tree)))
        }
        Err(newer) if newer.iter().any(speaks_of_keywords) => {
            let older = syntax::parse(file, Version::V0, limits);
            older.map(Module::of).map_err(|older| later(newer, older))
        }
        Err(newer) => Err(newer),
    }
}

fn imports_twice(tree: &syntax::Module) -> bool {
    let names = tree.imports.iter().filter_map(|import| {
        import.alias.as_ref().or(import.path.last()).map(|name| name.text.as_ref())
    });
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    names.into_iter().any(|name| !seen.insert(name))
}

/// Whether a fault may only mean that the file is older than the keywords.
fn speaks_of_keywords(fault: &Fault) -> bool {
    ["`if`", "`contains`", "keyword"].iter().any(|words| fault.message.contains(words))
}

/// The faults of the reading that came further; the first of each tells how far that was.
fn later(newer: Vec<Fault>, older: Vec<Fault>) -> Vec<Fault> {
    let first = |faults: &[Fault]| faults.iter().map(|fault| fault.span.start).min();
    if first(&older) > first(&newer) { older } else { newer }
}

impl Module {
    fn of(tree: syntax::Module) -> Self {
        let texts = |path: &[ast::Name]| path.iter().map(|name| name.text.to_string()).collect();
        let imports = tree.imports.iter().filter_map(|import| {
            let path: Vec<String> = texts(&import.path);
            if !matches!(path.first()?.as_str(), "data" | "input") {
                return None;
            }
            let name = import.alias.as_ref().or(import.path.last())?;
            Some(Import { name: name.text.to_string(), path, span: import.span })
        });
        Self {
            file: Arc::clone(&tree.file),
            package: texts(&tree.package.path),
            package_span: tree.package.span,
            version: tree.version,
            imports: imports.collect(),
            rules: tree.rules.iter().map(Rule::of).collect(),
            tree,
        }
    }
}

impl Rule {
    fn of(rule: &ast::Rule) -> Self {
        let head = &rule.head;
        let mut path = vec![head.name.text.to_string()];
        let fixed = head.steps.iter().map_while(|step| match &step.kind {
            TermKind::String(text) => Some(text.to_string()),
            _ => None,
        });
        path.extend(fixed);
        let is_fixed = path.len() == head.steps.len() + 1;
        let shape = match (&head.arguments, &head.makes) {
            _ if rule.default => Shape::Default,
            (Some(arguments), _) => Shape::Function(arguments.len()),
            (None, _) if !is_fixed => Shape::Object,
            (None, Makes::Element(_)) => Shape::Set,
            (None, Makes::Value(_)) => Shape::Complete,
        };
        Self { path, shape, span: head.span, extent: rule.span }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(text: &str) -> Result<Module, String> {
        let file = Arc::new(SourceFile::new("p.rego", text));
        parse(&file, None, &Limits::default()).map_err(|faults| faults[0].to_string())
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
