//! The data of bundles: every document mounted at its folder, all of them one tree, beside the packages and never in
//! their way.

use std::sync::Arc;

use super::node::read;
use crate::domain::place::{SourceFile, Span};
use crate::domain::value::Value;
use crate::rego::Fault;
use crate::rego::module::Module;

/// A document at its folder.
#[derive(Clone, Debug)]
pub(super) struct Mounted {
    pub(super) file: Arc<SourceFile>,
    /// The tree with the document in it, and nothing else.
    pub(super) tree: Value,
}

/// Reads the document of `file`, whose path in its bundle is `inner`.
pub(super) fn mount(file: &Arc<SourceFile>, inner: &str) -> Result<Option<Mounted>, Vec<Fault>> {
    let Some(document) = read(file)? else { return Ok(None) };
    let folders: Vec<&str> = inner.split('/').rev().skip(1).collect();
    if folders.is_empty() && document.value.as_object().is_none() {
        let fault = fault(file, "the data of a bundle's root must be an object".to_owned());
        return Err(vec![fault.with_help("write it below a name, or move the file into a folder")]);
    }
    let tree = folders
        .into_iter()
        .fold(document.value, |value, folder| Value::object(vec![(Arc::from(folder), value)]));
    Ok(Some(Mounted { file: Arc::clone(file), tree }))
}

/// Joins all documents to one tree.
pub(super) fn join(mounted: &[Mounted], faults: &mut Vec<Fault>) -> Value {
    let mut tree = Value::object(Vec::new());
    for document in mounted {
        let mut path = Vec::new();
        match merge(&tree, &document.tree, &mut path) {
            Some(merged) => tree = merged,
            None => faults.push(
                fault(&document.file, format!("`data.{}` has a value already", path.join(".")))
                    .with_help("keep it in one file only"),
            ),
        }
    }
    tree
}

/// Both trees as one; `None`, and the path in `path`, where both have a value and one is no object.
fn merge(a: &Value, b: &Value, path: &mut Vec<String>) -> Option<Value> {
    let (Value::Object(a), Value::Object(b)) = (a, b) else { return None };
    let mut entries = a.entries().to_vec();
    for (key, value) in b.entries() {
        let merged = match a.get(key) {
            None => value.clone(),
            Some(known) => {
                path.push(key.to_string());
                let merged = merge(known, value, path)?;
                path.pop();
                merged
            }
        };
        entries.push((Arc::clone(key), merged));
    }
    Some(Value::object(entries))
}

/// Entries that an object may have above a package: the engine copies it at every evaluation.
const MAX_ENTRIES_ABOVE: usize = 64;

/// Data that stands where a package stands, or above it and would be copied at every evaluation.
pub(super) fn collisions(modules: &[Module], data: &Value, mounted: &[Mounted]) -> Vec<Fault> {
    let mut faults: Vec<Fault> = Vec::new();
    for module in modules {
        let mut here = data;
        for (depth, part) in module.package.iter().enumerate() {
            let Some(next) = here.get(part) else { break };
            here = next;
            let is_package = depth + 1 == module.package.len();
            let too_large = here.as_object().is_none_or(|object| object.len() > MAX_ENTRIES_ABOVE);
            if !is_package && !too_large {
                continue;
            }
            let path = module.package.get(..=depth).unwrap_or_default();
            let package = module.package.join(".");
            let message = if is_package {
                format!("data stands where the package `{package}` stands")
            } else {
                format!(
                    "`data.{}` is too large to stand above the package `{package}`",
                    path.join(".")
                )
            };
            let keys: Vec<&str> = path.iter().map(String::as_str).collect();
            let owner = mounted.iter().find(|document| document.tree.at(&keys).is_some());
            let fault = Fault::new(&module.file, module.package_span, message)
                .with_help("move the data to a name of its own, e.g. into the folder `settings/`");
            faults.push(match owner {
                Some(document) => fault.with_related(&document.file, Span::default(), "the data"),
                None => fault,
            });
            break;
        }
    }
    faults
}

fn fault(file: &Arc<SourceFile>, message: String) -> Fault {
    Fault::new(file, Span::default(), message)
}
