//! Syntax trees to the IR: what OPA's compiler does between its parser and its evaluator.
//!
//! Names become absolute references and slots; bodies are put into an order in which every variable is bound before it is
//! needed; what `not` must not hide is taken out of it; modules of a package are merged. All faults of all files are
//! reported at once, and what makes sense is handed on beside them, so that later checks can add theirs.
//!
//! Source: the Open Policy Agent's documentation of the language, version 1.20, and the behaviour of its compiler.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "passes change what they are about and leave all other terms as they are"
)]

mod annotation;
mod call;
mod fold;
mod globals;
mod graph;
mod hoist;
mod logical;
mod lower;
mod merge;
mod rule;
mod safety;
mod scope;
mod slots;
pub mod testing;
mod uses;

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::fault::Fault;
use super::ir::{self, Unit};
use super::syntax::Module;
use super::syntax::fault::{Code, Report};
use crate::domain::parallel;
use crate::domain::place;
use annotation::Annotations;
pub use annotation::ReadYaml;
pub(super) use call::written;
use globals::{Globals, World, package_of};
use lower::Lower;
pub(crate) use uses::{Read, Uses};

/// What modules are resolved with.
pub struct Options<'o> {
    /// Functions of the host beside OPA's built-ins, with the number of their arguments.
    pub host: BTreeMap<String, usize>,
    /// Whether imports and assigned variables that nobody uses are faults, as of `opa check --strict`.
    pub strict: bool,
    /// Reads the YAML of METADATA.
    pub read_yaml: ReadYaml<'o>,
}

impl std::fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("host", &self.host).finish_non_exhaustive()
    }
}

/// What came of resolving.
#[derive(Debug, Default)]
pub(crate) struct Resolution {
    /// The modules as far as they make sense.
    pub(crate) unit: Unit,
    /// For each rule of the unit those that it needs.
    pub(crate) edges: Vec<Vec<usize>>,
    /// For each module what it speaks of.
    pub(crate) uses: Vec<Uses>,
    /// Everything that is wrong.
    pub(crate) faults: Vec<Fault>,
}

/// What is known of modules before they are resolved.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Known {
    /// Other modules could not be read, so that what seems to be missing may stand there.
    pub(crate) incomplete: bool,
    /// METADATA has been checked, and is read again only where a rule asks for it.
    pub(crate) metadata_checked: bool,
}

/// Resolves all modules of a revision together.
///
/// # Errors
/// All faults, by file and place.
pub fn resolve<M: Borrow<Module>>(
    modules: &[M],
    options: &Options<'_>,
) -> Result<Unit, Vec<Fault>> {
    let modules: Vec<&Module> = modules.iter().map(Borrow::borrow).collect();
    let mut resolution = resolve_all(&modules, options, Known::default());
    if resolution.faults.is_empty() {
        return Ok(resolution.unit);
    }
    resolution.faults.sort_by(Fault::order);
    Err(resolution.faults)
}

/// Fewer modules than this are not worth a thread.
const MODULES_PER_THREAD: usize = 24;

/// Resolves all modules together as far as they make sense.
pub(crate) fn resolve_all(modules: &[&Module], options: &Options<'_>, known: Known) -> Resolution {
    let world = world(modules, options);
    let mut faults = Vec::new();
    let asks = |module: &&Module| module.file.text.contains("rego.metadata");
    let annotations = if known.metadata_checked && !modules.iter().any(asks) {
        Annotations::default()
    } else {
        Annotations::gather(modules, options.read_yaml, &mut faults)
    };
    let strict = options.strict;
    let lowered = parallel::each(modules, MODULES_PER_THREAD, |index, module| {
        let mut resolved = Vec::with_capacity(module.rules.len());
        let mut report = Report::new(&module.file);
        check_imports(module, &mut report);
        let globals = Globals::new(&world, module, strict, known.incomplete);
        let package = package_of(module);
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        let span_of = |span: place::Span| {
            let (line, column) = module.file.line_and_column(span.start);
            ir::Span { file: number, line, column, start: span.start, end: span.end }
        };
        for (position, written) in module.rules.iter().enumerate() {
            check_name(module, written, &mut report);
            rule::check_head(written, &mut report);
            if written.default {
                rule::check_default(written, &mut report);
            }
            let metadata = || annotations.answers(index, module, position);
            let n_faults = report.faults.len();
            let mut lower = Lower {
                n_faults,
                unused_arguments: Vec::new(),
                is_statement: false,
                globals: &globals,
                frame: scope::Frame::default(),
                report: &mut report,
                span_of: &span_of,
                metadata: &metadata,
            };
            resolved.push(lower.rule(written, &package));
        }
        if strict {
            check_unused_imports(module, &globals, &mut report);
        }
        (resolved, report.faults, globals.uses.into_inner())
    });
    let mut resolved = Vec::new();
    let mut uses = Vec::with_capacity(modules.len());
    for (rules, found, used) in lowered {
        resolved.extend(rules);
        faults.extend(found);
        uses.push(used);
    }
    let rules = merge::rules(resolved, modules, &mut faults);
    let packages: BTreeSet<_> = modules.iter().map(|module| package_of(module)).collect();
    merge::check_packages(&rules, &packages, modules, &mut faults);
    let files = modules.iter().map(|module| Arc::from(module.file.path.as_str())).collect();
    let unit = Unit { files, packages: packages.into_iter().collect(), rules };
    let edges = graph::edges(&unit);
    graph::check(&unit, &edges, modules, &mut faults);
    Resolution { unit, edges, uses, faults }
}

fn world(modules: &[&Module], options: &Options<'_>) -> World {
    let mut world = World { host: options.host.clone(), ..World::default() };
    for module in modules {
        let package = package_of(module);
        for written in &module.rules {
            let names = world.rules.entry(package.clone()).or_default();
            names.insert(Arc::clone(&written.head.name.text));
            let mut path = package.clone();
            path.extend(rule::constant_path(written).0);
            match &written.head.arguments {
                Some(arguments) => drop(world.functions.insert(path, arguments.len())),
                None => drop(world.values.insert(path)),
            }
        }
    }
    world
}

/// Since v1 a name is imported once.
fn check_imports(module: &Module, report: &mut Report<'_>) {
    if module.version == super::syntax::Version::V0 {
        return;
    }
    let mut seen: BTreeMap<&str, place::Span> = BTreeMap::new();
    for import in &module.imports {
        let Some(name) = import.alias.as_ref().or(import.path.last()) else { continue };
        if let Some(before) = seen.insert(&name.text, import.span) {
            report
                .fault(
                    Code::Compile,
                    import.span,
                    format!("import must not shadow `{}`", name.text),
                )
                .related(before, "the other import")
                .help("remove one, or give it another name with `as`");
        }
    }
}

/// Since v1 no rule is called like one of the two documents.
fn check_name(module: &Module, written: &super::syntax::ast::Rule, report: &mut Report<'_>) {
    let name = &written.head.name;
    let is_root = matches!(name.text.as_ref(), "input" | "data");
    if is_root && module.version == super::syntax::Version::V1 {
        let message = format!("rules must not shadow {} (use a different rule name)", name.text);
        report.fault(Code::Compile, name.span, message).help("choose another name");
    }
}

fn check_unused_imports(module: &Module, globals: &Globals<'_>, report: &mut Report<'_>) {
    for import in &module.imports {
        let is_document =
            import.path.first().is_some_and(|root| matches!(root.text.as_ref(), "data" | "input"));
        let Some(name) = import.alias.as_ref().or(import.path.last()) else { continue };
        if is_document && !globals.was_asked(&name.text) {
            let path: Vec<&str> = import.path.iter().map(|name| name.text.as_ref()).collect();
            let message = format!("import {} unused", path.join("."));
            report.fault(Code::Compile, import.span, message).help("remove it");
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::place::SourceFile;
    use crate::domain::value::Value;
    use crate::rego::syntax::{Limits, Version, parse};

    fn unit(text: &str) -> Result<Unit, Vec<String>> {
        let file = Arc::new(SourceFile::new("p.rego", text));
        let read_yaml = |_: &str| Ok(Value::object(Vec::new()));
        let options = Options { host: BTreeMap::new(), strict: false, read_yaml: &read_yaml };
        parse(&file, Version::V1, &Limits::default())
            .and_then(|module| resolve(&[module], &options))
            .map_err(|faults| faults.iter().map(ToString::to_string).collect())
    }

    fn kinds(text: &str) -> Vec<&'static str> {
        let unit = unit(text).unwrap();
        let kind = |literal: &ir::Literal| match literal.kind {
            ir::LiteralKind::Expression(_) => "expression",
            ir::LiteralKind::Unify(..) => "unify",
            ir::LiteralKind::Not(_) => "not",
            ir::LiteralKind::SomeIn { .. } => "some",
            ir::LiteralKind::Every { .. } => "every",
        };
        unit.rules[0].definitions[0].branches[0].body.iter().map(kind).collect()
    }

    #[test]
    fn what_may_be_missing_is_taken_out_of_not_but_not_out_of_equality() {
        assert_eq!(kinds("package p\na if not startswith(input.x, \"a\")\n"), ["unify", "not"]);
        assert_eq!(kinds("package p\na if not input.x != 1\n"), ["unify", "not"]);
        assert_eq!(kinds("package p\na if not input.x == 1\n"), ["not"]);
        assert_eq!(kinds("package p\na if not lower(input.x) == \"a\"\n"), ["unify", "not"]);
        assert_eq!(kinds("package p\na if not input.x\n"), ["not"]);
    }

    #[test]
    fn statements_move_only_when_they_must() {
        let text =
            "package p\na if {\n\tx > y\n\tnot input.z\n\tx = input.x\n\tsome y in input.ys\n}\n";
        assert!(unit(text).is_err(), "`y` is referenced before `some`");
        let text = "package p\na if {\n\tx > 1\n\tnot input.z\n\tx = input.x\n}\n";
        assert_eq!(kinds(text), ["not", "unify", "expression"]);
    }

    #[test]
    fn the_deepest_text_that_is_read_is_resolved_on_a_small_stack() {
        let text =
            format!("package p\nx := {}1{}", "(".repeat(60), "+ 1 + 1 + 1 + 1 + 1)".repeat(60));
        unit(&text).unwrap();
        let text = format!("package p\nx := {}1{}", "[x | x := ".repeat(60), "]".repeat(60));
        unit(&text).unwrap();
    }

    #[test]
    fn a_long_circle_of_rules_is_told_in_short() {
        let rules = (0..3_000).map(|n| format!("r{n} if r{}\n", (n + 1) % 3_000));
        let faults = unit(&format!("package p\n{}", rules.collect::<String>())).unwrap_err();
        assert!(
            faults.len() <= 20 && faults.iter().all(|fault| fault.len() < 500),
            "{}",
            faults.len()
        );
    }

    proptest! {
        #[test]
        fn no_soup_of_statements_makes_the_passes_panic(
            lines in proptest::collection::vec(
                proptest::sample::select(vec![
                    "x := input.a", "y = x", "not z", "not f(x) == y", "some x in input.b", "f(x, y)", "x > y",
                    "every k, v in x { k == v }", "z := [q | q := x; not y]", "input[x][_] = y", "w = {x: y}",
                    "print(x)", "walk(x, [y, _])", "x with input.a as y", "not x with f as g", "data.p[x].y",
                    "[x, {\"a\": y}] = z", "{\"a\": [x]} := y", "$\"{x} {y.z}\"", "rego.metadata.chain()", "_ = x",
                ]),
                1..8,
            )
        ) {
            let body = lines.join("\n\t");
            drop(unit(&format!("package p\na contains x if {{\n\t{body}\n}}\nf(x) := y if {{\n\t{body}\n}} else := z\n")));
        }
    }
}
