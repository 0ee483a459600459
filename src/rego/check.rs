//! What a parser does not say: rules that run for ever, functions that do not exist, reads of nothing, calls without a
//! bound. All modules are looked at together, and every fault of every one is named.

mod bound;
mod graph;

use std::collections::{BTreeMap, BTreeSet};

use super::builtin;
use super::fault::Fault;
use super::module::{Module, Rule, Shape};
use super::walk::{Call, Read, Target, Uses, Walker};
use crate::domain::suggest;
use crate::domain::value::Value;

use graph::Graph;

/// A path behind `data`, in parts.
pub type Path = Vec<String>;

/// What came of looking at all modules.
#[derive(Debug, Default)]
pub struct Checked {
    /// Everything that is wrong.
    pub faults: Vec<Fault>,
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

/// Looks at `modules`, which may read `data`.
pub fn check(modules: &[Module], data: &Value) -> Checked {
    let world = World::new(modules, data);
    let mut checked = Checked::default();
    let mut graph = Graph::new(&world.rules);
    let uses: Vec<(&Module, &Rule, Uses<'_>)> = modules
        .iter()
        .flat_map(|module| {
            let siblings = world.siblings.get(&module.package);
            module.rules.iter().zip(&module.ast.policy).filter_map(move |(rule, tree)| {
                Some((module, rule, Walker::uses(module, siblings?, tree)))
            })
        })
        .collect();
    let replaced: BTreeSet<&Path> = uses
        .iter()
        .flat_map(|(_, _, uses)| &uses.replaced)
        .filter(|path| !path.is_empty())
        .collect();
    let known = Known { world: &world, replaced };
    for module in modules {
        checked.faults.extend(known.imports(module));
    }
    checked.faults.extend(world.conflicts());
    for (module, rule, uses) in &uses {
        let own = path_of_rule(module, rule);
        let needs = checked.needs.entry(module.package.clone()).or_default();
        graph.grow(&own, uses);
        for read in &uses.reads {
            let targets = world.targets(&read.path);
            if targets.is_empty()
                && let Err(fault) = known.read(module, read)
            {
                checked.faults.push(fault);
            }
            for target in targets {
                needs.extend(world.package_of(target));
                graph.edge(&own, target);
            }
        }
        for call in &uses.calls {
            match &call.target {
                Target::Name(name) => {
                    checked.faults.extend(builtin_fault(&world, module, call, name));
                }
                Target::Data(path) => {
                    checked.faults.extend(world.function_fault(module, call, path));
                    for target in world.targets(path) {
                        needs.extend(world.package_of(target));
                        graph.edge(&own, target);
                    }
                }
            }
        }
        for (name, span) in &uses.unsafe_variables {
            let message = format!("nothing gives the variable `{name}` a value");
            let names = world.siblings.get(&module.package).into_iter().flatten();
            let otherwise = "bind it first, e.g. with `:=` or `some … in …`, outside of `not`";
            let help = suggest::help(name, names.map(String::as_str), otherwise);
            checked.faults.push(Fault::new(&module.file, *span, message).with_help(help));
        }
    }
    checked.faults.extend(graph.faults(&world));
    checked
}

fn path_of_rule(module: &Module, rule: &Rule) -> Path {
    module.package.iter().chain(&rule.path).cloned().collect()
}

/// Everything that modules define.
struct World<'m> {
    data: &'m Value,
    /// First parts of the rules of each package.
    siblings: BTreeMap<Path, BTreeSet<String>>,
    /// Every rule by its path, all its definitions.
    rules: BTreeMap<Path, Vec<(&'m Module, &'m Rule)>>,
}

impl<'m> World<'m> {
    fn new(modules: &'m [Module], data: &'m Value) -> Self {
        let mut world = Self { data, siblings: BTreeMap::new(), rules: BTreeMap::new() };
        for module in modules {
            let siblings = world.siblings.entry(module.package.clone()).or_default();
            siblings.extend(module.rules.iter().filter_map(|rule| rule.path.first().cloned()));
            for rule in &module.rules {
                world.rules.entry(path_of_rule(module, rule)).or_default().push((module, rule));
            }
        }
        world
    }

    /// The rules that a path leads to: the one it goes into, else all below it.
    fn targets(&self, path: &[String]) -> Vec<&Path> {
        for length in (1..=path.len()).rev() {
            let prefix = path.get(..length).unwrap_or_default();
            if let Some((known, _)) = self.rules.get_key_value(prefix) {
                return vec![known];
            }
        }
        self.rules
            .range(path.to_vec()..)
            .map(|(known, _)| known)
            .take_while(|known| known.starts_with(path))
            .collect()
    }

    fn package_of(&self, rule: &Path) -> Option<Path> {
        self.rules.get(rule)?.first().map(|(module, _)| module.package.clone())
    }

    /// Rules of one path that cannot stand beside each other.
    fn conflicts(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (path, definitions) in &self.rules {
            faults.extend(second_definition(path, definitions));
            let Some((first_module, first)) =
                definitions.iter().find(|(_, rule)| rule.shape != Shape::Default)
            else {
                continue;
            };
            for (module, rule) in definitions {
                if rule.shape == Shape::Default || rule.shape == first.shape {
                    continue;
                }
                let message = format!(
                    "`data.{}` is {} here and {} elsewhere",
                    path.join("."),
                    rule.shape.phrase(),
                    first.shape.phrase()
                );
                faults.push(
                    Fault::new(&module.file, rule.span, message)
                        .with_related(&first_module.file, first.span, "the other definition")
                        .with_help("rename one of the two"),
                );
            }
        }
        faults
    }

    fn function_fault(&self, module: &Module, call: &Call<'_>, path: &Path) -> Option<Fault> {
        let name = path.join(".");
        let Some(definitions) = self.rules.get(path) else {
            let functions = self.rules.iter().filter(|(_, definitions)| {
                definitions.iter().any(|(_, rule)| matches!(rule.shape, Shape::Function(_)))
            });
            let names: Vec<String> = functions.map(|(path, _)| path.join(".")).collect();
            let near = suggest::nearest(&name, names.iter().map(String::as_str));
            let help = near.map_or_else(
                || "define it in that package, or correct the name".to_owned(),
                |near| format!("did you mean `data.{near}`?"),
            );
            let message = format!("there is no function `data.{name}`");
            return Some(Fault::new(&module.file, call.span, message).with_help(help));
        };
        let arity = definitions.iter().find_map(|(_, rule)| match rule.shape {
            Shape::Function(arity) => Some(arity),
            Shape::Complete | Shape::Set | Shape::Object | Shape::Default => None,
        });
        let Some(arity) = arity else {
            // A default function has no arity of its own here; its other definitions tell it.
            let only_default = definitions.iter().all(|(_, rule)| rule.shape == Shape::Default);
            return (!only_default).then(|| {
                Fault::new(&module.file, call.span, format!("`data.{name}` is no function"))
                    .with_help("leave the brackets away")
            });
        };
        arity_fault(module, call, &name, arity)
    }
}

/// A second default, or a second literal value that holds whatever the input is.
fn second_definition(path: &[String], definitions: &[(&Module, &Rule)]) -> Option<Fault> {
    let name = path.join(".");
    let fault = |(one, first): (&Module, &Rule), (module, rule): (&Module, &Rule), what: &str| {
        Fault::new(&module.file, rule.span, format!("`data.{name}` has a second {what}"))
            .with_related(&one.file, first.span, "the first one")
            .with_help("remove one of the two")
    };
    let mut defaults = definitions.iter().filter(|(_, rule)| rule.shape == Shape::Default);
    if let (Some(first), Some(second)) = (defaults.next(), defaults.next()) {
        return Some(fault(*first, *second, "default"));
    }
    let mut constants = definitions.iter().filter(|(_, rule)| rule.constant.is_some());
    let first = constants.next()?;
    let other = constants.find(|(_, rule)| rule.constant != first.1.constant)?;
    Some(fault(*first, *other, "value"))
}

impl Shape {
    fn phrase(self) -> String {
        match self {
            Self::Complete => "one value".to_owned(),
            Self::Set => "a set".to_owned(),
            Self::Object => "an object".to_owned(),
            Self::Function(1) => "a function of one argument".to_owned(),
            Self::Function(arity) => format!("a function of {arity} arguments"),
            Self::Default => "a default".to_owned(),
        }
    }
}

/// What reads may lead to.
struct Known<'w, 'm> {
    world: &'w World<'m>,
    replaced: BTreeSet<&'w Path>,
}

impl Known<'_, '_> {
    fn imports(&self, module: &Module) -> Vec<Fault> {
        let of_data = module.imports.iter().filter_map(|import| {
            let (root, path) = import.path.split_first()?;
            (root == "data").then(|| Read { path: path.to_vec(), span: import.span })
        });
        of_data
            .filter(|read| self.world.targets(&read.path).is_empty())
            .filter_map(|read| self.read(module, &read).err())
            .collect()
    }

    /// Whether a read that leads to no rule leads to anything else.
    fn read(&self, module: &Module, read: &Read) -> Result<(), Fault> {
        let Some(root) = read.path.first() else { return Ok(()) };
        let in_data = self.world.data.get(root).is_some();
        let replaced = self
            .replaced
            .iter()
            .any(|path| read.path.starts_with(path) || path.starts_with(&read.path));
        let empty_package = self.world.siblings.contains_key(&read.path);
        if in_data || replaced || empty_package {
            return Ok(());
        }
        let shown = read.path.join(".");
        let package = (1..read.path.len()).rev().find_map(|length| {
            let prefix = read.path.get(..length)?;
            self.world.siblings.get_key_value(prefix).map(|found| (found, length))
        });
        let (message, help) = if let Some(((package, rules), length)) = package {
            let wanted = read.path.get(length).map_or("", String::as_str);
            (
                format!("the package `{}` has no rule `{wanted}`", package.join(".")),
                suggest::help(
                    wanted,
                    rules.iter().map(String::as_str),
                    "define it there, or correct the name",
                ),
            )
        } else {
            let packages: Vec<String> =
                self.world.siblings.keys().map(|package| package.join(".")).collect();
            let near = suggest::nearest(&shown, packages.iter().map(String::as_str));
            (
                format!("neither a package nor data defines `data.{shown}`"),
                near.map_or_else(
                    || format!("add the package, or write `{root}` into `data.json`"),
                    |near| format!("did you mean `data.{near}`?"),
                ),
            )
        };
        Err(Fault::new(&module.file, read.span, message).with_help(help))
    }
}

fn builtin_fault(world: &World<'_>, module: &Module, call: &Call<'_>, name: &str) -> Option<Fault> {
    let fault = |message: String, help: String| {
        Some(Fault::new(&module.file, call.span, message).with_help(help))
    };
    if let Some((reason, instead)) = builtin::refusal(name) {
        return fault(format!("`{name}` {reason}"), instead.to_owned());
    }
    if !builtin::exists(name) {
        if builtin::is_missing(name) {
            let message = format!("the built-in function `{name}` is not available here");
            return fault(message, builtin::instead_of_missing(name).to_owned());
        }
        let functions = world.siblings.get(&module.package).into_iter().flatten();
        let mut known: Vec<&str> = functions.map(String::as_str).collect();
        for name in builtin::names() {
            known.push(name);
        }
        let help =
            suggest::help(name, known, "define it in this package, or import the one that has it");
        return fault(format!("there is no function `{name}`"), help);
    }
    if let Some(arity) = builtin::arity(name)
        && let Some(fault) = arity_fault(module, call, name, arity)
    {
        return Some(fault);
    }
    let (message, help) = bound::unbounded(name, call.arguments)?;
    fault(message, help)
}

/// One argument more than there are is where the result goes.
fn arity_fault(module: &Module, call: &Call<'_>, name: &str, arity: usize) -> Option<Fault> {
    let n_arguments = call.arguments.len();
    if n_arguments == arity || n_arguments == arity + 1 {
        return None;
    }
    let plural = if arity == 1 { "" } else { "s" };
    let message =
        format!("`{name}` takes {arity} argument{plural}, and here it is given {n_arguments}");
    Some(Fault::new(&module.file, call.span, message).with_help("give it what it takes"))
}
