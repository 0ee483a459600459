//! METADATA as `rego.metadata.rule()` and `rego.metadata.chain()` answer it: constants of the rule in which they are called.
//!
//! Source: OPA 1.20, "Annotations": a block begins with a comment that says only `METADATA`, goes on as long as comments
//! follow line by line, and speaks of the package or rule below it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::globals::package_of;
use super::rule::constant_path;
use crate::domain::place::Span;
use crate::domain::value::Value;
use crate::rego::fault::Fault;
use crate::rego::ir::Path;
use crate::rego::metadata::{Block, blocks};
use crate::rego::syntax::Module;
use crate::rego::syntax::fault::{Code, Report};

/// Reads a YAML document, or says why it is none.
pub type ReadYaml<'r> = &'r dyn Fn(&str) -> Result<Value, String>;

/// One block.
#[derive(Debug)]
struct Note {
    path: Path,
    value: Value,
}

/// The METADATA of all modules.
#[derive(Debug, Default)]
pub(super) struct Annotations {
    /// By module and rule, in the order of the text.
    rules: BTreeMap<(usize, usize), Vec<Note>>,
    documents: BTreeMap<Path, Note>,
    packages: BTreeMap<Path, Note>,
    subpackages: BTreeMap<Path, Note>,
}

impl Annotations {
    /// Gathers the blocks of all modules.
    pub(super) fn gather(modules: &[&Module], read: ReadYaml<'_>, faults: &mut Vec<Fault>) -> Self {
        let mut annotations = Self::default();
        for (index, module) in modules.iter().enumerate() {
            let mut report = Report::new(&module.file);
            for Block { span, text, .. } in blocks(&module.file, &module.comments) {
                match read(&text) {
                    Ok(value) if value.is_object() => {
                        annotations.add(index, module, span, &value);
                    }
                    Ok(_) => report
                        .fault(Code::Parse, span, "METADATA says nothing")
                        .help("write e.g. `# title: …` below it"),
                    Err(cause) => report
                        .fault(Code::Parse, span, format!("METADATA cannot be read: {cause}"))
                        .help("write METADATA as YAML, each line behind `# `"),
                }
            }
            faults.extend(report.faults);
        }
        annotations
    }

    fn add(&mut self, index: usize, module: &Module, span: Span, value: &Value) {
        let mut path = package_of(module);
        let scope = value.get("scope").and_then(Value::as_str);
        if module.package.span.start >= span.end {
            let scope = scope.unwrap_or("package");
            let note = Note { path: path.clone(), value: normal(value, scope) };
            let notes =
                if scope == "subpackages" { &mut self.subpackages } else { &mut self.packages };
            notes.insert(path, note);
            return;
        }
        let below = module.rules.iter().enumerate().find(|(_, rule)| rule.span.start >= span.end);
        let Some((position, rule)) = below else { return };
        path.extend(constant_path(rule).0);
        let entrypoint = value.get("entrypoint").and_then(Value::as_bool) == Some(true);
        let scope = scope.unwrap_or(if entrypoint { "document" } else { "rule" });
        let note = Note { path: path.clone(), value: normal(value, scope) };
        match scope {
            "document" => drop(self.documents.insert(path, note)),
            _ => self.rules.entry((index, position)).or_default().push(note),
        }
    }

    /// What the chain and the rule's own METADATA are in rule number `rule` of module number `index`.
    pub(super) fn answers(&self, index: usize, module: &Module, rule: usize) -> (Value, Value) {
        let package = package_of(module);
        let mut path = package.clone();
        path.extend(module.rules.get(rule).map(|rule| constant_path(rule).0).unwrap_or_default());
        let own = self.rules.get(&(index, rule)).map(Vec::as_slice).unwrap_or_default();
        let mut chain = Vec::new();
        if own.is_empty() {
            chain.push(Value::object(vec![(Arc::from("path"), path_value(&path))]));
        }
        chain.extend(own.iter().rev().map(link));
        chain.extend(self.documents.get(&path).map(link));
        chain.extend(self.packages.get(&package).map(link));
        for length in (0..=package.len()).rev() {
            let above = package.get(..length).and_then(|above| self.subpackages.get(above));
            chain.extend(above.map(link));
        }
        let own = own.first().map_or_else(|| Value::object(Vec::new()), |note| note.value.clone());
        (Value::array(chain), own)
    }
}

fn link(note: &Note) -> Value {
    Value::object(vec![
        (Arc::from("annotations"), note.value.clone()),
        (Arc::from("path"), path_value(&note.path)),
    ])
}

fn path_value(path: &Path) -> Value {
    Value::array(path.iter().map(|step| Value::String(Arc::clone(step))).collect())
}

/// The block with its scope, and authors and resources as objects.
fn normal(value: &Value, scope: &str) -> Value {
    let mut entries = vec![(Arc::from("scope"), Value::string(scope))];
    for (key, value) in
        value.as_object().map(crate::domain::value::Object::entries).unwrap_or_default()
    {
        let value = match key.as_ref() {
            "scope" => continue,
            "authors" => each(value, author),
            "related_resources" => each(value, resource),
            _ => value.clone(),
        };
        entries.push((Arc::clone(key), value));
    }
    Value::object(entries)
}

fn each(value: &Value, change: fn(&str) -> Value) -> Value {
    let Some(items) = value.as_array() else { return value.clone() };
    let changed = items.iter().map(|item| item.as_str().map_or_else(|| item.clone(), change));
    Value::array(changed.collect())
}

/// `Jane Doe <jane@example.com>`: the last word in angle brackets is the address.
fn author(text: &str) -> Value {
    let (name, email) = match text.trim().rsplit_once(' ') {
        Some((name, last)) if last.starts_with('<') && last.ends_with('>') => (name.trim(), last),
        _ if text.starts_with('<') && text.ends_with('>') => ("", text),
        _ => (text.trim(), ""),
    };
    let email = email.trim_start_matches('<').trim_end_matches('>');
    let mut entries = vec![(Arc::from("name"), Value::string(name))];
    if !email.is_empty() {
        entries.push((Arc::from("email"), Value::string(email)));
    }
    Value::object(entries)
}

fn resource(text: &str) -> Value {
    Value::object(vec![(Arc::from("ref"), Value::string(text))])
}
