//! Suites as they are written.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::super::node::{self, Node};
use super::assertion::Assertion;
use crate::document::DocumentLimits;
use crate::domain::place::{SourceFile, Span};
use crate::domain::value::Value;
use crate::rego::Fault;

/// A suite.
#[derive(Debug)]
pub(super) struct Suite {
    /// Its path, as it was named.
    pub(super) path: String,
    /// The folder to which its paths are relative.
    pub(super) folder: PathBuf,
    pub(super) tests: Vec<Test>,
    pub(super) is_skipped: bool,
}

/// A template, a constraint and what they say.
#[derive(Debug, Default)]
pub(super) struct Test {
    pub(super) name: String,
    pub(super) template: String,
    pub(super) constraint: String,
    pub(super) cases: Vec<Case>,
    /// Whether the constraint is expected to be refused.
    pub(super) is_invalid: bool,
    pub(super) is_skipped: bool,
}

/// An object and what is said of it.
#[derive(Debug, Default)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) object: String,
    pub(super) inventory: Vec<String>,
    pub(super) assertions: Vec<Assertion>,
    pub(super) is_skipped: bool,
}

const MAX_FOLDER_DEPTH: usize = 16;

/// The word by which a suite is told from other YAML.
const GROUP: &str = "test.gatekeeper.sh/";

/// Adds the suites at `path`, a file or a folder with folders in it.
pub(super) fn collect(path: &Path, files: &mut Vec<PathBuf>, faults: &mut Vec<Fault>) {
    let n_before = (files.len(), faults.len());
    if path.is_dir() {
        below(path, 0, files, faults);
        if (files.len(), faults.len()) == n_before {
            let message = "there is no suite here";
            let help = "name a folder that holds a `suite.yaml` of `apiVersion: test.gatekeeper.sh/v1alpha1`";
            faults.push(fault(path, message.to_owned()).with_help(help));
        }
        return;
    }
    match fs::read_to_string(path) {
        Ok(text) if text.contains(GROUP) => files.push(path.to_owned()),
        Ok(_) => {
            let help = "name a file of `apiVersion: test.gatekeeper.sh/v1alpha1`, or a folder";
            faults.push(fault(path, "this is no suite".to_owned()).with_help(help));
        }
        Err(cause) => {
            let help = "check that the path is right and that you may read it";
            faults.push(fault(path, format!("it cannot be read: {cause}")).with_help(help));
        }
    }
}

fn below(folder: &Path, depth: usize, files: &mut Vec<PathBuf>, faults: &mut Vec<Fault>) {
    let entries = match fs::read_dir(folder) {
        Ok(entries) if depth <= MAX_FOLDER_DEPTH => entries,
        Ok(_) => {
            let message = format!("folders are nested deeper than {MAX_FOLDER_DEPTH}");
            return faults
                .push(fault(folder, message).with_help("remove the link that leads back up"));
        }
        Err(cause) => {
            let message = format!("the folder cannot be read: {cause}");
            return faults.push(fault(folder, message).with_help("check that you may read it"));
        }
    };
    for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') {
            continue;
        }
        let is_yaml = path.extension().is_some_and(|it| it == "yaml" || it == "yml");
        if path.is_dir() {
            below(&path, depth + 1, files, faults);
        } else if is_yaml && fs::read_to_string(&path).is_ok_and(|text| is_suite(&text)) {
            files.push(path);
        }
    }
}

/// Whether a file below a folder is a suite, and not one that only speaks of them.
fn is_suite(text: &str) -> bool {
    let says = |word: &str| text.lines().any(|line| line.starts_with(word));
    text.contains(GROUP) && says("apiVersion:") && says("kind:")
}

fn fault(path: &Path, message: String) -> Fault {
    let nowhere = Arc::new(SourceFile::new(path.to_string_lossy().replace('\\', "/"), ""));
    Fault::new(&nowhere, Span::default(), message)
}

impl Suite {
    /// Reads a suite, and says everything that is wrong with it; `None` for other YAML.
    pub(super) fn read(path: &Path, faults: &mut Vec<Fault>) -> Option<Self> {
        let file = match super::text(path) {
            Ok(file) => file,
            Err(reason) => {
                faults.push(fault(path, reason));
                return None;
            }
        };
        let (documents, found) = node::all(&file, &DocumentLimits::default());
        faults.extend(found);
        let is_one = |value: &Value| {
            value.get("apiVersion").and_then(Value::as_str).is_some_and(|it| it.starts_with(GROUP))
                && value.get("kind").and_then(Value::as_str) == Some("Suite")
        };
        let document = documents.iter().find(|document| is_one(&document.value))?;
        let root = Node::root(&file, document);
        let mut suite = Self {
            path: file.path.clone(),
            folder: path.parent().unwrap_or(Path::new("")).to_owned(),
            tests: Vec::new(),
            is_skipped: false,
        };
        let known = ["apiVersion", "kind", "metadata", "tests", "skip"];
        for (key, node) in root.fields(&known, faults) {
            match key {
                "tests" => {
                    let items = node.items(faults);
                    suite.tests = items.iter().map(|item| Test::read(item, faults)).collect();
                }
                "skip" => suite.is_skipped = flag(&node, faults),
                _ => {}
            }
        }
        Some(suite)
    }
}

impl Test {
    fn read(node: &Node<'_>, faults: &mut Vec<Fault>) -> Self {
        let mut test = Self::default();
        let known = ["name", "template", "constraint", "expansion", "cases", "invalid", "skip"];
        for (key, node) in node.fields(&known, faults) {
            match key {
                "name" => test.name = words(&node, faults),
                "template" => test.template = words(&node, faults),
                "constraint" => test.constraint = words(&node, faults),
                "cases" => {
                    let items = node.items(faults);
                    test.cases = items.iter().map(|item| Case::read(item, faults)).collect();
                }
                "invalid" => test.is_invalid = flag(&node, faults),
                "skip" => test.is_skipped = flag(&node, faults),
                _ => faults.push(
                    node.key_fault("expansions are not made here")
                        .with_help("name the objects that it makes as cases of their own"),
                ),
            }
        }
        for (key, text) in [("template", &test.template), ("constraint", &test.constraint)] {
            if text.is_empty() {
                let help = "write its path, relative to this file";
                faults.push(node.fault(format!("the test names no `{key}`")).with_help(help));
            }
        }
        test
    }
}

impl Case {
    fn read(node: &Node<'_>, faults: &mut Vec<Fault>) -> Self {
        let mut case = Self::default();
        let known = ["name", "object", "inventory", "assertions", "skip"];
        for (key, node) in node.fields(&known, faults) {
            match key {
                "name" => case.name = words(&node, faults),
                "object" => case.object = words(&node, faults),
                "inventory" => case.inventory = node.texts(faults),
                "assertions" => {
                    let items = node.items(faults);
                    case.assertions =
                        items.iter().map(|item| Assertion::read(item, faults)).collect();
                }
                _ => case.is_skipped = flag(&node, faults),
            }
        }
        if case.object.is_empty() {
            let help = "write the path of a manifest, relative to this file";
            faults.push(node.fault("the case names no `object`").with_help(help));
        }
        if case.assertions.is_empty() {
            let help = "write e.g. `assertions: [{violations: no}]`";
            faults.push(node.fault("the case expects nothing").with_help(help));
        }
        case
    }
}

/// The text; a name that looks like a number or a boolean is still what was written.
fn words(node: &Node<'_>, faults: &mut Vec<Fault>) -> String {
    match node.value {
        Value::Number(_) | Value::Bool(_) => {
            node.file().text.get(node.span().range()).unwrap_or_default().to_owned()
        }
        Value::Null => String::new(),
        Value::String(_) | Value::Array(_) | Value::Object(_) | Value::Map(_) | Value::Set(_) => {
            node.text(faults).unwrap_or_default().to_owned()
        }
    }
}

fn flag(node: &Node<'_>, faults: &mut Vec<Fault>) -> bool {
    node.word(&[("true", true), ("false", false), ("yes", true), ("no", false)], faults)
        .unwrap_or_default()
}
