//! The one look at all modules together: the language's own rules, and what a gate asks beyond them.
//!
//! A gate also refuses what the language allows: functions that reach out, chains that are too long for a stack, reads of
//! nothing in its own policies. Every fault of every module is named.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a check names the terms that it is about, and leaves all others alone"
)]

mod chain;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::builtin;
use super::fault::Fault;
use super::ir::{self, RuleKind, Term, Unit};
use super::module::Module;
use super::own::read_yaml;
use super::resolve::{Known, Options, Resolution, Uses, resolve_all};
use super::syntax;
use super::types::{self, InputType};
use crate::domain::place::Span;
use crate::domain::suggest;
use crate::domain::value::Value;

/// A path behind `data`, in parts.
pub type Path = Vec<String>;

/// What modules are looked at with.
#[derive(Clone, Copy, Debug)]
pub struct CheckOptions<'o> {
    /// The base documents.
    pub data: &'o Value,
    /// Whether what nobody uses is a fault, as of `opa check --strict`.
    pub strict: bool,
    /// Whether other modules could not be read: what seems to be missing may stand there.
    pub incomplete: bool,
    /// What `input` is, where that is described.
    pub inputs: &'o [InputType],
    /// By module: whether it is not written for a gate. What it reads and nothing defines is undefined, as OPA has it,
    /// and a fault only where `strict`.
    pub foreign: &'o [bool],
}

/// What came of looking at all modules.
#[derive(Debug, Default)]
pub struct Checked {
    /// Everything that is wrong.
    pub faults: Vec<Fault>,
    /// The modules, resolved; whole where nothing is wrong.
    pub unit: Unit,
    /// Which other packages each package needs, directly.
    needs: BTreeMap<Path, BTreeSet<Path>>,
}

impl Checked {
    /// `package` and every package that it needs, directly or not.
    pub fn closure(&self, package: &[String]) -> BTreeSet<Path> {
        let mut closure = BTreeSet::from([package.to_vec()]);
        let mut open = vec![package.to_vec()];
        while let Some(next) = open.pop() {
            for needed in self.needs.get(&next).into_iter().flatten() {
                if closure.insert(needed.clone()) {
                    open.push(needed.clone());
                }
            }
        }
        closure
    }
}

/// Resolves `modules`, which may read `data`, and looks at them.
pub fn check(modules: &[Module], data: &Value) -> Checked {
    check_with(
        modules,
        CheckOptions { data, strict: false, incomplete: false, inputs: &[], foreign: &[] },
    )
}

/// Resolves `modules` and looks at them.
pub fn check_with(modules: &[Module], options: CheckOptions<'_>) -> Checked {
    let trees: Vec<&syntax::Module> = modules.iter().map(|module| &module.tree).collect();
    let language = Options { host: BTreeMap::new(), strict: options.strict, read_yaml: &read_yaml };
    let known = Known { incomplete: options.incomplete, metadata_checked: true };
    let Resolution { unit, edges, uses, mut faults } = resolve_all(&trees, &language, known);
    let is_sound = faults.is_empty();
    let world = World::new(&unit, modules, options.data, &uses);
    for (index, (module, uses)) in modules.iter().zip(&uses).enumerate() {
        let is_foreign = options.foreign.get(index).copied().unwrap_or_default();
        if !options.incomplete && (options.strict || !is_foreign) {
            faults.extend(world.unknown(module, uses));
        }
        faults.extend(uses.calls.iter().filter_map(|call| {
            let (message, help) = refusal(&call.name, options.data)?;
            Some(Fault::new(&module.file, call.span, message).with_help(help))
        }));
    }
    faults.extend(unit.rules.iter().filter_map(|rule| second_value(rule, modules)));
    faults.extend(chain::faults(&unit, &edges, modules));
    if is_sound {
        faults.extend(types::check(&unit, &edges, modules, options.inputs, &uses));
    }
    let needs = needs(&unit, &edges);
    Checked { faults, unit, needs }
}

/// Which packages each package needs.
fn needs(unit: &Unit, edges: &[Vec<usize>]) -> BTreeMap<Path, BTreeSet<Path>> {
    let packages: BTreeSet<&[Arc<str>]> = unit.packages.iter().map(Vec::as_slice).collect();
    let of_rule = |rule: &ir::Rule| -> Path {
        let lengths = (0..=rule.path.len()).rev();
        let mut prefixes = lengths.filter_map(|length| rule.path.get(..length));
        let package = prefixes.find(|prefix| packages.contains(*prefix));
        package.unwrap_or_default().iter().map(ToString::to_string).collect()
    };
    let packages: Vec<Path> = unit.rules.iter().map(of_rule).collect();
    let mut needs: BTreeMap<Path, BTreeSet<Path>> = BTreeMap::new();
    for (package, targets) in packages.iter().zip(edges) {
        let others = targets.iter().filter_map(|target| packages.get(*target));
        let others: BTreeSet<Path> = others.filter(|other| *other != package).cloned().collect();
        needs.entry(package.clone()).or_default().extend(others);
    }
    needs
}

/// Why a gate does not run a built-in, and what to write instead.
fn refusal(name: &str, data: &Value) -> Option<(String, String)> {
    if name == "opa.runtime" && builtin::runtime_of(data).is_none() {
        let message =
            "`opa.runtime` shows the engine's process, which a decision must not depend on";
        let instead = "read `input.environment` and `input.stage`, or say in `data.json` what it answers: `{\"opa\": {\"runtime\": {\"env\": {…}}}}`";
        return Some((message.to_owned(), instead.to_owned()));
    }
    if let Some((reason, instead)) = builtin::refusal(name) {
        return Some((format!("`{name}` {reason}"), instead.to_owned()));
    }
    let is_word = matches!(name, "print" | "eq" | "assign");
    let is_known = is_word || builtin::lookup(name).is_some();
    (!is_known).then(|| {
        let message = format!("the built-in function `{name}` is not available here");
        let instead = "put the result into `data.json`, or leave this check to a tool that has it";
        (message, instead.to_owned())
    })
}

/// A second literal value that holds whatever the input is: one of the two is a mistake.
fn second_value(rule: &ir::Rule, modules: &[Module]) -> Option<Fault> {
    if rule.kind != RuleKind::Complete {
        return None;
    }
    let mut constants = rule.definitions.iter().filter_map(|definition| {
        let [branch] = definition.branches.as_slice() else { return None };
        match &branch.value {
            ir::Head::Value(Term::Constant(value)) if branch.body.is_empty() => {
                Some((definition.head, value))
            }
            _ => None,
        }
    });
    let (first, value) = constants.next()?;
    let (second, _) = constants.find(|(_, other)| *other != value)?;
    let message = format!("`data.{}` has a second value", rule.path.join("."));
    let first_file = &modules.get(first.file as usize)?.file;
    Some(
        fault(modules, second, message)?
            .with_related(first_file, Span { start: first.start, end: first.end }, "the first one")
            .with_help("remove one of the two"),
    )
}

/// A fault at a span of the IR.
pub(super) fn fault(modules: &[Module], at: ir::Span, message: String) -> Option<Fault> {
    let file = &modules.get(at.file as usize)?.file;
    Some(Fault::new(file, Span { start: at.start, end: at.end }, message))
}

/// Everything that reads may lead to.
struct World<'m> {
    data: &'m Value,
    /// First parts of the rules of each package.
    packages: BTreeMap<Path, BTreeSet<String>>,
    rules: BTreeSet<&'m [Arc<str>]>,
    replaced: BTreeSet<&'m ir::Path>,
}

impl<'m> World<'m> {
    fn new(unit: &'m Unit, modules: &[Module], data: &'m Value, uses: &'m [Uses]) -> Self {
        let mut packages: BTreeMap<Path, BTreeSet<String>> = BTreeMap::new();
        for module in modules {
            let names = packages.entry(module.package.clone()).or_default();
            names.extend(module.rules.iter().filter_map(|rule| rule.path.first().cloned()));
        }
        let replaced = uses.iter().flat_map(|uses| &uses.replaced);
        Self {
            data,
            packages,
            rules: unit.rules.iter().map(|rule| rule.path.as_slice()).collect(),
            replaced: replaced.filter(|path| !path.is_empty()).collect(),
        }
    }

    /// Reads and imports of a module that lead to nothing.
    fn unknown(&self, module: &Module, uses: &Uses) -> Vec<Fault> {
        let imports = module.imports.iter().filter_map(|import| {
            let (root, path) = import.path.split_first()?;
            let path = path.iter().map(|part| Arc::from(part.as_str())).collect();
            (root == "data").then_some((path, import.span))
        });
        let reads = uses.reads.iter().map(|read| (read.path.clone(), read.span));
        let all = imports.chain(reads);
        all.filter_map(|(path, span)| self.unknown_read(module, &path, span)).collect()
    }

    fn leads_somewhere(&self, path: &ir::Path) -> bool {
        let Some(root) = path.first() else { return true };
        let prefixes = (1..=path.len()).filter_map(|length| path.get(..length));
        let into_rule = prefixes.into_iter().any(|prefix| self.rules.contains(prefix));
        let above_rule =
            self.rules.range(path.as_slice()..).next().is_some_and(|rule| rule.starts_with(path));
        into_rule
            || above_rule
            || self.data.get(root).is_some()
            || self.replaced.iter().any(|to| path.starts_with(to) || to.starts_with(path))
    }

    fn unknown_read(&self, module: &Module, path: &ir::Path, span: Span) -> Option<Fault> {
        let written: Path = path.iter().map(ToString::to_string).collect();
        if self.leads_somewhere(path) || self.packages.contains_key(&written) {
            return None;
        }
        let shown = written.join(".");
        let package = (1..written.len()).rev().find_map(|length| {
            let prefix = written.get(..length)?;
            self.packages.get_key_value(prefix).map(|found| (found, length))
        });
        let (message, help) = if let Some(((package, rules), length)) = package {
            let wanted = written.get(length).map_or("", String::as_str);
            let rules = rules.iter().map(String::as_str);
            (
                format!("the package `{}` has no rule `{wanted}`", package.join(".")),
                suggest::help(wanted, rules, "define it there, or correct the name"),
            )
        } else {
            let root = written.first()?;
            let packages: Vec<String> =
                self.packages.keys().map(|package| package.join(".")).collect();
            let near = suggest::nearest(&shown, packages.iter().map(String::as_str));
            (
                format!("neither a package nor data defines `data.{shown}`"),
                near.map_or_else(
                    || format!("add the package, or write `{root}` into `data.json`"),
                    |near| format!("did you mean `data.{near}`?"),
                ),
            )
        };
        Some(Fault::new(&module.file, span, message).with_help(help))
    }
}
