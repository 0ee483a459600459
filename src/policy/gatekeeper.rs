//! Gatekeeper's policies: templates and constraints as YAML in a bundle, asked about each object of a release.
//!
//! Each template is a program of its own, since many bring the same libraries along; a constraint is one policy.

mod action;
mod case;
mod constraint;
mod document;
mod embedded;
mod kind;
mod matching;
mod review;
mod round;
mod schema;
mod selector;
pub(super) mod suite;
mod template;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::node::Node;
use super::options::LoadOptions;
use super::source::{Bundle, FileKind, kind_of};
use crate::domain::request::Stage;
use crate::domain::value::Value;
use crate::rego::Fault;

pub(super) use constraint::Constraint;
use constraint::Review;
use document::Kept;
pub(super) use document::may_be_one;
use matching::{Home, type_of};
use review::{Inventory, Operation};
pub(super) use round::{Ground, Round};
use template::CompiledTemplate;
pub(super) use template::Template;

/// What was compiled of templates before, by the kind of their constraints.
pub(super) type CompiledTemplates = BTreeMap<String, CompiledTemplate>;

/// Reads the templates and constraints of bundles, and says everything that is wrong with them. Templates that are among
/// those in `compiled` are not compiled again.
pub(super) fn load(
    bundles: &[Bundle],
    options: &LoadOptions,
    compiled: CompiledTemplates,
    faults: &mut Vec<Fault>,
) -> (BTreeMap<String, Arc<Template>>, Vec<Arc<Constraint>>) {
    let (mut templates, mut constraints) = (Vec::new(), Vec::new());
    for file in bundles.iter().flat_map(|bundle| &bundle.files) {
        if kind_of(&file.inner) == Some(FileKind::Kubernetes) {
            let found = document::documents(&file.source, &file.inner, faults);
            templates.extend(found.0);
            constraints.extend(found.1);
        }
    }
    let read = templates_by_kind(&templates, options, compiled, faults);
    // What a template's fault hides is not said twice.
    let broken: Vec<&str> = templates.iter().filter_map(kind_of_template).collect();
    let is_wanted = |kept: &&Kept| {
        let kind = kept.document.value.get("kind").and_then(Value::as_str).unwrap_or_default();
        read.contains_key(kind) || !broken.contains(&kind)
    };
    let constraints = constraints
        .iter()
        .filter(is_wanted)
        .filter_map(|kept| Constraint::read(kept, &read, faults).map(Arc::new))
        .collect();
    (read, constraints)
}

fn kind_of_template(kept: &Kept) -> Option<&str> {
    kept.document.value.at(&["spec", "crd", "spec", "names", "kind"])?.as_str()
}

fn templates_by_kind(
    kept: &[Kept],
    options: &LoadOptions,
    mut compiled: CompiledTemplates,
    faults: &mut Vec<Fault>,
) -> BTreeMap<String, Arc<Template>> {
    let mut templates: BTreeMap<String, Arc<Template>> = BTreeMap::new();
    for one in kept {
        let known = kind_of_template(one).and_then(|kind| compiled.remove(kind));
        let Some(template) = Template::read(one, options, known, faults) else { continue };
        if let Some(other) = templates.get(&template.kind) {
            let root = Node::root(&one.file, &one.document);
            let message = format!("there is a second template of the kind `{}`", template.kind);
            let nowhere = crate::domain::place::Span::default();
            faults.push(
                root.fault(message)
                    .with_related(&other.file, nowhere, "the first one")
                    .with_help("keep one of the two"),
            );
            continue;
        }
        templates.insert(template.kind.clone(), Arc::new(template));
    }
    templates
}

/// What a rule sees that is written as in a template and belongs to none.
pub(super) fn input_of(object: &Value, stage: Stage) -> Value {
    let nothing = Inventory::default();
    let review = reviewed(object, &nothing, stage);
    Value::object(vec![
        (Arc::from("review"), review.document),
        (Arc::from("parameters"), Value::object(Vec::new())),
    ])
}

/// The namespace of an object of a release; empty when nobody wrote it. `None` when it belongs to the cluster.
fn namespace_of(object: &Value) -> Option<&str> {
    let (group, kind) = type_of(object);
    let written = object.at(&["metadata", "namespace"]).and_then(Value::as_str).unwrap_or_default();
    // Whoever deploys says the namespace often only then, so that a missing one says nothing of kinds that have one.
    match kind::is_of_cluster(group, kind) {
        Some(true) => None,
        Some(false) => Some(written),
        None => Some(written).filter(|name| !name.is_empty()),
    }
}

fn reviewed<'o>(object: &'o Value, inventory: &'o Inventory, stage: Stage) -> Review<'o> {
    let home = namespace_of(object)
        .map_or(Home::Cluster, |name| Home::Namespace(name, inventory.namespace(name)));
    // What runs already is looked at, and not made.
    let operation = match stage {
        Stage::Audit | Stage::Watch => Operation::Unknown,
        Stage::Build | Stage::Deploy | Stage::Admission | Stage::Plan => Operation::Create,
    };
    review::of_object(object, operation, home)
}
