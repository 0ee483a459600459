//! Parts of `input` that a policy reads and never sees: what it asks about them is never true, or always.

use std::borrow::Borrow as _;
use std::collections::BTreeMap;

use super::dialect::Policy;
use super::load::Loaded;
use crate::domain::place::Span;
use crate::domain::policy::{Dialect, Scope};
use crate::rego::Fault;
use crate::rego::metadata::Annotation;
use crate::rego::module::Module;
use crate::rego::syntax;
use crate::rego::syntax::ast::{Term, TermKind};
use crate::rego::syntax::visit::{Visited, each_part};

/// What every policy of our own form sees.
const COMMON: [&str; 7] = ["version", "scope", "environment", "stage", "now", "trigger", "service"];

/// What one sees of each scope beside that.
const PARTS: [(Scope, &[&str]); 6] = [
    (Scope::Workload, &["workload"]),
    (Scope::Resource, &["resource", "origin"]),
    (Scope::Image, &["image"]),
    (Scope::Sbom, &["sbom"]),
    (Scope::Plan, &["plan"]),
    (Scope::Release, &["resources", "workloads", "images"]),
];

/// The faults of all policies; those that may be meant are told where `strict`.
pub(super) fn faults(loaded: &Loaded, policies: &[Policy], strict: bool) -> Vec<Fault> {
    let mut asked: BTreeMap<&[String], &Policy> = BTreeMap::new();
    for policy in policies {
        asked.entry(policy.package.as_slice()).or_insert(policy);
    }
    let mut faults = Vec::new();
    for (module, annotations) in loaded.modules.iter().zip(&loaded.annotations) {
        let Some(policy) = asked.get(module.package.as_slice()) else { continue };
        // What no scope has is a fault of types already where a module has the code.
        let is_typed = annotations.iter().any(is_coded);
        for (part, span) in reads(module) {
            let told = match policy.meta.dialect {
                Dialect::Goldgate => unseen(part, policy.meta.scope, !is_typed),
                Dialect::Opa => unseen(part, policy.meta.scope, true),
                Dialect::Conftest if strict => taken_for_other(part),
                Dialect::Conftest
                | Dialect::Gatekeeper
                | Dialect::Conforma
                | Dialect::Terraform => None,
            };
            faults.extend(
                told.map(|(message, help)| Fault::new(&module.file, span, message).with_help(help)),
            );
        }
    }
    faults
}

fn is_coded(annotation: &Annotation) -> bool {
    annotation.value.at(&["custom", "code"]).is_some()
}

fn parts_of(scope: Scope) -> &'static [&'static str] {
    let found = PARTS.iter().find(|(other, _)| *other == scope);
    found.map(|(_, parts)| *parts).unwrap_or_default()
}

/// What is wrong with a part that a scope does not show; of parts that no scope has only where `any` is looked for.
fn unseen(part: &str, scope: Scope, any: bool) -> Option<(String, String)> {
    let own = parts_of(scope);
    if COMMON.contains(&part) || own.contains(&part) {
        return None;
    }
    let other = PARTS.iter().find(|(_, parts)| parts.contains(&part));
    if other.is_none() && !any {
        return None;
    }
    let message = format!(
        "`input.{part}` is never there: a policy of the scope `{}` sees {}",
        scope.as_str(),
        listed(own)
    );
    let help = match other {
        Some((other, _)) => format!("read that, or write `scope: {}`", other.as_str()),
        None if scope == Scope::Release => {
            "read that, or list findings with `deny contains …`, which are asked about each resource as `input`".to_owned()
        }
        None => "read that".to_owned(),
    };
    Some((message, help))
}

/// What is likely wrong where a plain policy reads what is seldom at the top of a resource.
fn taken_for_other(part: &str) -> Option<(String, String)> {
    let help = match part {
        "workload" | "workloads" | "sbom" => {
            "put METADATA with `custom.code` and `custom.scope` above the package, or read the resource as written"
        }
        "request" => {
            "this is the form of OPA as an admission webhook: read `input` where it says `input.request.object`"
        }
        _ => return None,
    };
    let message = format!(
        "this package has no code, so that it sees each resource as `input`, where there is seldom `input.{part}`"
    );
    Some((message, help.to_owned()))
}

fn listed(parts: &[&str]) -> String {
    let named: Vec<String> = parts.iter().map(|part| format!("`input.{part}`")).collect();
    named.join(", ")
}

/// The first steps behind `input` that a module reads, each once.
fn reads(module: &Module) -> BTreeMap<&str, Span> {
    let tree: &syntax::Module = module.borrow();
    let mut found = BTreeMap::new();
    for import in &tree.imports {
        if let [root, part, ..] = import.path.as_slice()
            && root.text.as_ref() == "input"
        {
            found.entry(part.text.as_ref()).or_insert(import.span);
        }
    }
    for rule in &tree.rules {
        look(Visited::Rule(rule), &mut found);
    }
    found
}

fn look<'t>(node: Visited<'t>, found: &mut BTreeMap<&'t str, Span>) {
    // Under `with` it is another input.
    if let Visited::Statement(statement) = node
        && statement.with.iter().any(|with| is_input(root(&with.target)))
    {
        return;
    }
    if let Visited::Term(Term { kind: TermKind::Reference(base, steps), span }) = node
        && is_input(base)
        && let Some(Term { kind: TermKind::String(part), .. }) = steps.first()
    {
        found.entry(part.as_ref()).or_insert(*span);
    }
    each_part(node, &mut |part| look(part, found));
}

fn root(term: &Term) -> &Term {
    if let TermKind::Reference(base, _) = &term.kind { base } else { term }
}

fn is_input(term: &Term) -> bool {
    matches!(&term.kind, TermKind::Name(name) if name.as_ref() == "input")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{BundleSource, LoadOptions, Revision};

    fn said(text: &str, strict: bool) -> Vec<String> {
        let files = vec![("a.rego".to_owned(), text.to_owned())];
        let source = BundleSource::Memory { name: "a".to_owned(), files };
        let options = LoadOptions { strict, ..LoadOptions::default() };
        let faults = Revision::load(&[source], &options).err().unwrap_or_default();
        faults.into_iter().map(|fault| fault.message).collect()
    }

    fn coded(scope: &str, body: &str) -> Vec<String> {
        let text = format!(
            "# METADATA\n# title: T\n# description: D\n# custom:\n#   code: T-A\n#   severity: high\n#   scope: {scope}\n#   remediation: R.\npackage t.a\n\ndeny contains \"x\" if {{ {body} }}\n"
        );
        said(&text, false)
    }

    #[test]
    fn a_part_of_another_scope_is_told() {
        for (scope, _) in PARTS {
            for (other, others) in PARTS {
                let Some(part) = others.first() else { continue };
                let said = coded(scope.as_str(), &format!("not input.{part}.x"));
                let is_told = said.iter().any(|one| one.contains("is never there"));
                assert_eq!(is_told, scope != other, "{scope:?} {part} {said:?}");
            }
            assert_eq!(coded(scope.as_str(), "input.environment == \"a\""), [""; 0]);
        }
    }

    #[test]
    fn another_input_under_with_is_no_read_of_this_one() {
        let body = "x := input.workload with input as {\"workload\": 1}\nx == 1";
        assert_eq!(coded("image", body), [""; 0]);
    }

    #[test]
    fn a_boolean_that_asks_about_a_resource_is_told() {
        let deny = "package k8s\n\ndefault deny := false\n\ndeny if input.kind == \"Pod\"\n";
        assert!(said(deny, false)[0].contains("`input.kind` is never there"));
        let allow = "package k8s\n\ndefault allow := false\n\nallow if not input.user\n";
        assert!(said(allow, false)[0].contains("`input.user` is never there"));
        let release =
            "package k8s\n\ndefault deny := false\n\ndeny if count(input.resources) > 1\n";
        assert_eq!(said(release, false), [""; 0]);
    }

    #[test]
    fn a_forgotten_code_is_told_where_it_is_asked_for() {
        let text = "package t\n\ndeny contains \"x\" if input.workload.host_network\n";
        assert_eq!(said(text, false), [""; 0]);
        assert!(said(text, true)[0].contains("has no code"));
        let text = "package t\n\ndeny contains \"x\" if input.request.object.spec\n";
        assert!(said(text, true)[0].contains("`input.request`"));
    }
}
