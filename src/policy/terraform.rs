//! Policy sets of Terraform Cloud: `policies.hcl` says which rules are asked about a plan, and what each of them does.
//!
//! Source: Terraform Cloud, "Define custom OPA policies": a query answers a list, which is empty where the plan may pass.

mod hcl;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::dialect::{AnswerForm, EntryRule, Placed, Policy};
use super::metadata::plain_meta;
use super::source::{Bundle, FileKind, kind_of};
use crate::domain::code::Severity;
use crate::domain::place::SourceFile;
use crate::domain::policy::{Dialect, RuleKind, Scope};
use crate::domain::suggest;
use crate::domain::value::Value;
use crate::rego::Fault;
use crate::rego::module::Shape;
use hcl::{Block, Text};

/// One policy of a set.
#[derive(Clone, Debug)]
pub(super) struct Query {
    file: Arc<SourceFile>,
    name: Text,
    description: String,
    /// The query's steps behind `data`, and where it stands.
    path: Vec<String>,
    written: Text,
    kind: RuleKind,
}

const LEVELS: [(&str, RuleKind); 2] = [("mandatory", RuleKind::Deny), ("advisory", RuleKind::Warn)];

/// The policies of every set of the bundles, each with the number of its bundle.
pub(super) fn queries(bundles: &[Bundle], faults: &mut Vec<Fault>) -> Vec<Query> {
    let files = bundles.iter().flat_map(|bundle| &bundle.files);
    let sets = files.filter(|file| kind_of(&file.inner) == Some(FileKind::TerraformSet));
    let mut queries = Vec::new();
    for set in sets {
        for block in hcl::blocks(&set.source, faults) {
            queries.extend(Query::read(&set.source, &block, faults));
        }
    }
    queries
}

impl Query {
    fn read(file: &Arc<SourceFile>, block: &Block, faults: &mut Vec<Fault>) -> Option<Self> {
        let mut fault = |at: &Text, message: String, help: String| {
            faults.push(Fault::new(file, at.span, message).with_help(help));
        };
        if block.kind.text != "policy" {
            let message = format!("there is no block `{}`", block.kind.text);
            fault(&block.kind, message, "write `policy \"name\" { … }`".to_owned());
            return None;
        }
        let known = ["query", "enforcement_level", "description"];
        let mut read = None;
        let (mut kind, mut description) = (RuleKind::Warn, String::new());
        for (key, value) in &block.attributes {
            match key.text.as_str() {
                "query" => read = Some(value.clone()),
                "description" => description.clone_from(&value.text),
                "enforcement_level" => {
                    let known = LEVELS.iter().find(|(word, _)| *word == value.text);
                    kind = known.map_or(kind, |(_, level)| *level);
                    if known.is_none() {
                        let message = format!("`{}` is no level", value.text);
                        let words = LEVELS.iter().map(|(word, _)| *word);
                        let otherwise = "write `mandatory` or `advisory`";
                        fault(value, message, suggest::help(&value.text, words, otherwise));
                    }
                }
                other => {
                    let otherwise = "write `query`, `enforcement_level` or `description`";
                    let help = suggest::help(other, known, otherwise);
                    fault(key, format!("there is no attribute `{other}`"), help);
                }
            }
        }
        let Some(query) = read else {
            let message = format!("the policy `{}` has no `query`", block.label.text);
            let help = "write e.g. `query = \"data.terraform.policies.ingress.deny\"`";
            fault(&block.label, message, help.to_owned());
            return None;
        };
        let steps: Vec<&str> = query.text.split('.').collect();
        let is_path = steps.len() > 2
            && steps.first() == Some(&"data")
            && steps.iter().all(|step| {
                !step.is_empty() && step.chars().all(|c| c.is_alphanumeric() || c == '_')
            });
        if !is_path {
            let message = format!("`{}` leads to no rule", query.text);
            let help = "write `data`, the package and the rule, with dots between them";
            fault(&query, message, help.to_owned());
            return None;
        }
        let path = steps.iter().skip(1).map(|step| (*step).to_owned()).collect();
        let (file, name) = (Arc::clone(file), block.label.clone());
        Some(Self { file, name, description, path, written: query, kind })
    }

    /// The parts of the package that it asks.
    pub(super) fn package(&self) -> &[String] {
        self.path.split_last().map_or(&[], |(_, package)| package)
    }

    /// The policy, when `modules` of its package have the rule.
    pub(super) fn policy(&self, modules: &[Placed<'_>], faults: &mut Vec<Fault>) -> Option<Policy> {
        let (rule, package) = self.path.split_last()?;
        let rules = modules
            .iter()
            .flat_map(|placed| placed.module.rules.iter().map(move |written| (placed, written)));
        let mut named = rules.filter(|(_, written)| {
            written.path.as_slice() == std::slice::from_ref(rule)
                && !matches!(written.shape, Shape::Function(_))
        });
        let Some((placed, written)) = named.next() else {
            let names: BTreeSet<&str> = modules
                .iter()
                .flat_map(|placed| &placed.module.rules)
                .filter_map(|rule| rule.path.first().map(String::as_str))
                .collect();
            let message = format!("there is no rule `{}`", self.written.text);
            let help = suggest::help(rule, names, "write the rule, or correct the query");
            faults.push(Fault::new(&self.file, self.written.span, message).with_help(help));
            return None;
        };
        // Its own name where it is the usual one would say nothing.
        let named = if rule == "deny" { package } else { self.path.as_slice() };
        let code_fault = |message: String| {
            Fault::new(&self.file, self.written.span, message)
                .with_help("rename the package: a code has letters, digits and hyphens")
        };
        let severity = if self.kind == RuleKind::Deny { Severity::High } else { Severity::Low };
        let meta = plain_meta(named, package, placed, severity, Scope::Plan, Dialect::Terraform);
        let Some(mut meta) = meta else {
            faults.push(code_fault(format!("no code can be derived from `{}`", self.written.text)));
            return None;
        };
        meta.title.clone_from(&self.name.text);
        meta.description.clone_from(&self.description);
        let location = placed.module.file.location(written.span, "");
        Some(Policy {
            meta: Arc::new(meta),
            package: package.to_vec(),
            rules: vec![EntryRule {
                name: rule.clone(),
                kind: self.kind,
                suffix: String::new(),
                answer: AnswerForm::Findings,
                is_set: written.shape == Shape::Set,
                location,
            }],
            has_exceptions: false,
            severity_is_written: true,
            claim: None,
        })
    }
}

/// Whether a document is a plan as `terraform show -json` prints it.
pub(super) fn is_plan(document: &Value) -> bool {
    document.get("format_version").and_then(Value::as_str).is_some()
        && (document.get("resource_changes").is_some() || document.get("planned_values").is_some())
}
