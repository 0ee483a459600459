//! Definitions to rules: everything at one path together, and what cannot stand together.

use std::collections::{BTreeMap, BTreeSet};

use super::rule::Resolved;
use crate::domain::place;
use crate::rego::fault::Fault;
use crate::rego::ir::{Path, Rule, RuleKind, Span};
use crate::rego::syntax::Module;
use crate::rego::syntax::fault::Code;

/// A fault at a span of the IR.
pub(super) fn fault(modules: &[&Module], at: Span, code: Code, message: &str) -> Option<Fault> {
    let file = &modules.get(at.file as usize)?.file;
    let span = place::Span { start: at.start, end: at.end };
    Some(Fault::new(file, span, format!("{}: {message}", code.name())))
}

/// A fault about one definition and another one.
fn beside(modules: &[&Module], at: Span, other: Span, message: &str) -> Option<Fault> {
    let file = &modules.get(other.file as usize)?.file;
    let span = place::Span { start: other.start, end: other.end };
    Some(fault(modules, at, Code::Type, message)?.with_related(file, span, "the other definition"))
}

/// The rules, each path once.
pub(super) fn rules(
    resolved: Vec<Resolved>,
    modules: &[&Module],
    faults: &mut Vec<Fault>,
) -> Vec<Rule> {
    let mut rules: BTreeMap<Path, Rule> = BTreeMap::new();
    for Resolved { path, kind, default, definition } in resolved {
        let rule = rules.entry(path.clone()).or_insert_with(|| Rule {
            path,
            kind,
            definitions: Vec::new(),
            default: None,
            span: definition.head,
        });
        if rule.kind != kind {
            let message = format!("conflicting rules data.{} found", rule.path.join("."));
            faults.extend(beside(modules, definition.head, rule.span, &message).map(|fault| {
                fault.with_help("a path is one value, one set, one object, or one function with so many arguments")
            }));
            continue;
        }
        if !default {
            rule.definitions.push(definition);
        } else if rule.default.is_none() {
            rule.default = Some(definition);
        } else {
            let message = format!("multiple default rules data.{} found", rule.path.join("."));
            let first = rule.default.as_ref().map_or(rule.span, |first| first.head);
            faults.extend(
                beside(modules, definition.head, first, &message)
                    .map(|fault| fault.with_help("remove one of the two")),
            );
        }
    }
    check_extents(&rules, modules, faults);
    rules.into_values().collect()
}

/// Nothing stands below a rule that is one value, set or function.
fn check_extents(rules: &BTreeMap<Path, Rule>, modules: &[&Module], faults: &mut Vec<Fault>) {
    for (path, rule) in rules {
        for length in 1..path.len() {
            let Some(above) = path.get(..length).and_then(|above| rules.get(above)) else {
                continue;
            };
            if above.kind != RuleKind::Object {
                let message = format!(
                    "rule data.{} conflicts with data.{}",
                    above.path.join("."),
                    path.join(".")
                );
                faults.extend(fault(modules, rule.span, Code::Type, &message).map(|fault| {
                    fault.with_help("rename one of them: a rule with a value has nothing below it")
                }));
            }
        }
    }
}

/// No package stands at or below a rule.
pub(super) fn check_packages(
    rules: &[Rule],
    packages: &BTreeSet<Path>,
    modules: &[&Module],
    faults: &mut Vec<Fault>,
) {
    for rule in rules.iter().filter(|rule| rule.kind != RuleKind::Object) {
        if packages.contains(&rule.path) {
            let path = rule.path.join(".");
            let message = format!("package {path} conflicts with rule data.{path}");
            faults.extend(
                fault(modules, rule.span, Code::Type, &message)
                    .map(|fault| fault.with_help("rename the rule or the package")),
            );
        }
    }
}
