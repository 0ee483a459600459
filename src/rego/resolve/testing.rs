//! Tests of a unit: definitions of one name apart, and for each table of cases a rule that lists them.
//!
//! Source: OPA 1.20, `v1/tester/runner.go`: the second definition of `test_x` is `test_x#01`, and a case that a test
//! reaches and does not pass has failed.

use std::sync::Arc;

use super::slots::{Part, Slots, of_literal, of_term};
use crate::rego::ir::{Definition, Head, Path, Rule, RuleKind, Span, Term, Unit};

/// A test of a unit.
#[derive(Clone, Debug)]
pub struct TestRule {
    /// Where its value stands below `data`.
    pub path: Path,
    /// The steps of its name behind the package; the last of those has the number.
    pub name: Vec<Arc<str>>,
    /// Where the names of its cases stand, each a list of the steps behind the rule; `None` when it is no table of cases.
    pub cases: Option<Path>,
    /// Whether it is to be written later.
    pub is_todo: bool,
    /// Where its definition stands.
    pub span: Span,
}

/// Finds the tests, gives each definition a rule of its own, and adds the rules that list cases.
pub fn set_apart(unit: &mut Unit) -> Vec<TestRule> {
    let mut tests = Vec::new();
    let mut rules = Vec::new();
    for mut rule in std::mem::take(&mut unit.rules) {
        let Some(named) = named(&rule, &unit.packages) else {
            rules.push(rule);
            continue;
        };
        let definitions = std::mem::take(&mut rule.definitions);
        for (number, definition) in definitions.into_iter().enumerate() {
            let mut one = Rule { definitions: Vec::new(), span: definition.head, ..rule.clone() };
            if number > 0 {
                // What stands for all of them together stays with the first.
                one.default = None;
                one.path = renamed(&rule.path, named.at, &format!("#{number:02}"));
            }
            let cases = cases(&one.path, &definition).filter(|_| !named.is_todo);
            tests.push(TestRule {
                name: one.path.iter().skip(named.n_package).cloned().collect(),
                path: one.path.clone(),
                cases: cases.as_ref().map(|cases| cases.path.clone()),
                is_todo: named.is_todo,
                span: definition.span,
            });
            one.definitions.push(definition);
            rules.push(one);
            rules.extend(cases);
        }
    }
    unit.rules = rules;
    tests
}

struct Named {
    /// Which step has the name.
    at: usize,
    n_package: usize,
    is_todo: bool,
}

fn named(rule: &Rule, packages: &[Path]) -> Option<Named> {
    if matches!(rule.kind, RuleKind::Function { .. }) || rule.definitions.is_empty() {
        return None;
    }
    let packages = packages.iter().filter(|package| rule.path.starts_with(package));
    let n_package = packages.map(Vec::len).max().unwrap_or_default();
    let is_todo = |step: &Arc<str>| step.starts_with("todo_test_");
    let is_test = |step: &Arc<str>| step.starts_with("test_");
    let mut steps = rule.path.iter().enumerate().skip(n_package);
    let (at, step) = steps.find(|(_, step)| is_test(step) || is_todo(step))?;
    Some(Named { at, n_package, is_todo: is_todo(step) })
}

/// The path with something behind the name of its step number `at`.
fn renamed(path: &Path, at: usize, behind: &str) -> Path {
    let mut path = path.clone();
    if let Some(step) = path.get_mut(at) {
        *step = Arc::from(format!("{step}{behind}"));
    }
    path
}

/// The rule whose members are the cases that a definition with keys begins: what must hold until its keys are known.
fn cases(path: &Path, definition: &Definition) -> Option<Rule> {
    let [branch] = definition.branches.as_slice() else { return None };
    if definition.keys.is_empty() {
        return None;
    }
    let mut wanted = Slots::default();
    for key in &definition.keys {
        of_term(key, Part::All, &mut wanted);
    }
    let mut known = Slots::default();
    let mut n_literals = 0;
    for literal in &branch.body {
        if wanted.iter().all(|slot| known.contains(slot)) {
            break;
        }
        of_literal(literal, Part::Open, &mut known);
        n_literals += 1;
    }
    let mut first = branch.clone();
    first.body.truncate(n_literals);
    first.value = Head::Element(Term::Array(definition.keys.clone()));
    let last = path.len().checked_sub(1)?;
    Some(Rule {
        path: renamed(path, last, "#cases"),
        kind: RuleKind::Set,
        definitions: vec![Definition {
            keys: Vec::new(),
            branches: vec![first],
            ..definition.clone()
        }],
        default: None,
        span: definition.head,
    })
}
