//! Kubernetes objects: which documents are some, and what each is called.

use std::sync::Arc;

use super::{catalog, fault};
use crate::document::Document;
use crate::domain::place::{Place, SourceFile};
use crate::domain::release::{InputFault, Release};
use crate::domain::resource::{Resource, ResourceId};
use crate::domain::value::Value;

/// What a document turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// At least one resource, or an empty list of them.
    Resources,
    /// An entity of a catalogue.
    Entity,
    /// Instructions for `kustomize`.
    Kustomization,
    /// None of ours.
    Nothing,
}

/// API groups whose objects configure a program or ask a question, and are never kept by a cluster.
const LOCAL_GROUPS: [&str; 7] = [
    "admission.k8s.io",
    "apiserver.config.k8s.io",
    "audit.k8s.io",
    "client.authentication.k8s.io",
    "kind.x-k8s.io",
    "kubeadm.k8s.io",
    "kubelet.config.k8s.io",
];

/// Adds the resources of a document to the release.
pub(super) fn collect(document: &Document, file: &Arc<SourceFile>, release: &mut Release) -> Found {
    let Some((api_version, kind)) = type_of(&document.value) else { return Found::Nothing };
    if catalog::is_catalog(api_version) {
        return Found::Entity;
    }
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    if group == "kustomize.config.k8s.io" {
        return Found::Kustomization;
    }
    let is_local = LOCAL_GROUPS.contains(&group) || group == "skaffold";
    if is_local || (api_version, kind) == ("v1", "Config") {
        return Found::Nothing;
    }
    let mut collector = Collector { document, file, release };
    collector.object(&document.value, document.root, String::new(), None);
    Found::Resources
}

/// `apiVersion` and `kind`, when a value has both as text.
fn type_of(value: &Value) -> Option<(&str, &str)> {
    let text = |key: &str| value.get(key)?.as_str().filter(|text| !text.is_empty());
    Some((text("apiVersion")?, text("kind")?))
}

struct Collector<'d> {
    document: &'d Document,
    file: &'d Arc<SourceFile>,
    release: &'d mut Release,
}

impl Collector<'_> {
    /// Adds an object, or what is listed in it. `listed` is the type of the list that it stands in.
    fn object(
        &mut self,
        value: &Value,
        place: Place,
        pointer: String,
        listed: Option<(&str, &str)>,
    ) {
        let named = type_of(value);
        // The items of a `PodList` need not repeat what they are.
        let inferred = listed.and_then(|(api_version, kind)| {
            let kind = kind.strip_suffix("List").filter(|kind| !kind.is_empty())?;
            Some((api_version, kind))
        });
        let known = named.or(inferred.filter(|_| value.as_object().is_some()));
        let resource = Resource {
            id: id_of(value, known),
            document: value.clone(),
            file: Arc::clone(self.file),
            places: Arc::clone(&self.document.places),
            place,
            pointer,
        };
        let Some((api_version, kind)) = known else {
            let message = if value.as_object().is_some() {
                "this item of a list has no `apiVersion` or no `kind`".to_owned()
            } else {
                format!("an item of a list must be an object, and this is {}", described(value))
            };
            self.fault(fault::of_field(&resource, "", message));
            return;
        };
        if kind.ends_with("List") && value.get("items").is_some() {
            self.list(value, &resource, (api_version, kind));
            return;
        }
        if let Some(fault) = unnamed(&resource) {
            self.fault(fault);
        }
        self.release.resources.push(resource);
    }

    fn list(&mut self, value: &Value, list: &Resource, listed: (&str, &str)) {
        match value.get("items") {
            Some(Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    let path = format!("/items/{index}");
                    let (place, _) = list.places.locate(list.place, value, &path);
                    self.object(item, place, format!("{}{path}", list.pointer), Some(listed));
                }
            }
            None | Some(Value::Null) => {}
            Some(other) => {
                let message =
                    format!("`items` of a list must be a list, and this is {}", described(other));
                self.fault(fault::of_field(list, "/items", message));
            }
        }
    }

    fn fault(&mut self, fault: InputFault) {
        self.release.faults.push(fault);
    }
}

fn id_of(value: &Value, known: Option<(&str, &str)>) -> ResourceId {
    let (api_version, kind) = known.unwrap_or_default();
    let text = |key: &str| value.at(&["metadata", key]).and_then(Value::as_str).unwrap_or_default();
    let name = match (text("name"), text("generateName")) {
        ("", "") => String::new(),
        ("", prefix) => format!("{prefix}*"),
        (name, _) => name.to_owned(),
    };
    ResourceId {
        api_version: api_version.to_owned(),
        kind: kind.to_owned(),
        namespace: text("namespace").to_owned(),
        name,
    }
}

/// The fault of a resource without a name.
fn unnamed(resource: &Resource) -> Option<InputFault> {
    if !resource.id.name.is_empty() {
        return None;
    }
    let kind = &resource.id.kind;
    let (path, message) = match resource.document.at(&["metadata", "name"]) {
        None | Some(Value::Null) => {
            let message = format!(
                "this {kind} has no name: write `metadata.name` or `metadata.generateName`"
            );
            ("/metadata", message)
        }
        Some(Value::String(_)) => ("/metadata/name", format!("the name of this {kind} is empty")),
        Some(other) => {
            let message = format!(
                "the name of this {kind} must be a string, and this is {}",
                described(other)
            );
            ("/metadata/name", message)
        }
    };
    Some(fault::of_field(resource, path, message))
}

/// The type of a value as a message says it: `a string`, `null`.
pub(super) fn described(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) | Value::Set(_) => "a list",
        Value::Object(_) | Value::Map(_) => "an object",
    }
}
