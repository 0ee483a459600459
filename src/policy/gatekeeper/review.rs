//! What a rule sees as `input.review` and as `data.inventory`.
//!
//! Source: Kubernetes, `admission.k8s.io/v1` `AdmissionRequest`; Gatekeeper, "Replicating Data".

use std::collections::BTreeMap;
use std::sync::Arc;

use super::constraint::Review;
use super::matching::{Home, type_of};
use crate::domain::value::Value;

/// What happens to the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    /// It is deployed: the object is there, and what it replaces is not known.
    Create,
    /// Nobody says, as in a review outside of a cluster.
    Unknown,
}

/// The review of an object that is not under way through an API server.
pub(super) fn of_object<'o>(object: &'o Value, operation: Operation, home: Home<'o>) -> Review<'o> {
    let (group, kind) = type_of(object);
    let version = object.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
    let version = version.rsplit('/').next().unwrap_or_default();
    let mut fields = defaults();
    let kind = [("group", group), ("version", version), ("kind", kind)];
    fields.insert("kind", record(&kind.map(|(key, text)| (key, Value::from(text)))));
    for key in ["name", "namespace"] {
        let text = object.at(&["metadata", key]).and_then(Value::as_str);
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            fields.insert(key, Value::from(text));
        }
    }
    if operation == Operation::Create {
        fields.insert("operation", Value::from("CREATE"));
    }
    fields.insert("object", object.clone());
    Review { document: whole(fields), objects: vec![object], home }
}

/// The fields of a request that an `AdmissionReview` may have.
pub(super) const FIELDS: [&str; 15] = [
    "uid",
    "kind",
    "resource",
    "subResource",
    "requestKind",
    "requestResource",
    "requestSubResource",
    "name",
    "namespace",
    "operation",
    "userInfo",
    "object",
    "oldObject",
    "dryRun",
    "options",
];

/// The request of an `AdmissionReview`, as a rule sees it.
///
/// # Errors
/// When it speaks of no object.
pub(super) fn of_request<'o>(request: &'o Value, home: Home<'o>) -> Result<Review<'o>, String> {
    let object = |key: &str| request.get(key).filter(|value| value.is_object());
    let (new, old) = (object("object"), object("oldObject"));
    let mut fields = defaults();
    for (key, value) in request.pairs() {
        let known = FIELDS.into_iter().find(|known| key.as_str() == Some(known));
        fields.extend(known.map(|known| (known, value.clone())));
    }
    let is_delete = request.get("operation").and_then(Value::as_str) == Some("DELETE");
    let new = if is_delete { old } else { new };
    if is_delete && old.is_none() {
        return Err("a request to delete has no `oldObject`".to_owned());
    }
    if let Some(object) = new {
        fields.insert("object", object.clone());
    }
    let objects: Vec<&Value> = new.into_iter().chain(old).collect();
    if objects.is_empty() {
        return Err("the request has neither `object` nor `oldObject`".to_owned());
    }
    Ok(Review { document: whole(fields), objects, home })
}

/// What a request holds when nobody says otherwise.
fn defaults() -> BTreeMap<&'static str, Value> {
    let empty = |keys: [&'static str; 3]| record(&keys.map(|key| (key, Value::from(""))));
    BTreeMap::from([
        ("uid", Value::from("")),
        ("kind", empty(["group", "version", "kind"])),
        ("resource", empty(["group", "version", "resource"])),
        ("operation", Value::from("")),
        ("userInfo", Value::object(Vec::new())),
        ("object", Value::Null),
        ("oldObject", Value::Null),
        ("options", Value::Null),
    ])
}

fn record(fields: &[(&str, Value)]) -> Value {
    Value::object(fields.iter().map(|(key, value)| (Arc::from(*key), value.clone())).collect())
}

fn whole(fields: BTreeMap<&'static str, Value>) -> Value {
    Value::object(fields.into_iter().map(|(key, value)| (Arc::from(key), value)).collect())
}

/// Objects by place, as rules find them below `data.inventory`.
#[derive(Clone, Debug, Default)]
pub(super) struct Inventory {
    cluster: Versions,
    namespace: BTreeMap<String, Versions>,
}

/// Objects by group and version, kind and name.
type Versions = BTreeMap<String, BTreeMap<String, BTreeMap<String, Value>>>;

impl Inventory {
    /// Adds an object; `namespace` is `None` when it belongs to the cluster.
    pub(super) fn add(&mut self, object: &Value, namespace: Option<&str>) {
        let text =
            |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
        let versions = match namespace {
            Some(name) => self.namespace.entry(name.to_owned()).or_default(),
            None => &mut self.cluster,
        };
        let kinds = versions.entry(text(object.get("apiVersion"))).or_default();
        let names = kinds.entry(text(object.get("kind"))).or_default();
        names.insert(text(object.at(&["metadata", "name"])), object.clone());
    }

    /// The namespace of this name.
    pub(super) fn namespace(&self, name: &str) -> Option<&Value> {
        self.cluster.get("v1")?.get("Namespace")?.get(name)
    }

    /// What rules see; a part that holds nothing is left out.
    pub(super) fn to_value(&self) -> Value {
        let versions = |versions: &Versions| {
            tree(versions, |kinds| tree(kinds, |names| tree(names, Clone::clone)))
        };
        let mut parts = Vec::new();
        if !self.cluster.is_empty() {
            parts.push((Arc::from("cluster"), versions(&self.cluster)));
        }
        if !self.namespace.is_empty() {
            parts.push((Arc::from("namespace"), tree(&self.namespace, versions)));
        }
        Value::object(parts)
    }
}

fn tree<T>(map: &BTreeMap<String, T>, leaf: impl Fn(&T) -> Value) -> Value {
    Value::object(map.iter().map(|(key, value)| (Arc::from(key.as_str()), leaf(value))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(json: &str) -> Value {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn an_object_is_shown_as_an_api_server_shows_it() {
        let object = value(
            r#"{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "namespace": "b"}}"#,
        );
        let review = of_object(&object, Operation::Create, Home::Namespace("b", None));
        let shown = review.document.to_string();
        assert!(shown.starts_with(
            r#"{"kind":{"group":"apps","kind":"Deployment","version":"v1"},"name":"a","namespace":"b","object":{"#
        ), "{shown}");
        assert!(shown.contains(r#""oldObject":null,"operation":"CREATE""#), "{shown}");
        let review = of_object(&object, Operation::Unknown, Home::Cluster);
        assert!(review.document.to_string().contains(r#""operation":"""#));
    }

    #[test]
    fn a_request_to_delete_is_about_what_is_deleted() {
        let request = value(
            r#"{"operation": "DELETE", "object": null, "oldObject": {"kind": "Pod"}, "x": 1}"#,
        );
        let review = of_request(&request, Home::Cluster).unwrap();
        assert_eq!(review.document.at(&["object", "kind"]), Some(&Value::from("Pod")));
        assert_eq!(review.document.get("x"), None);
        for nothing in [r#"{"operation": "DELETE"}"#, "{}"] {
            assert!(of_request(&value(nothing), Home::Cluster).is_err(), "{nothing}");
        }
    }

    #[test]
    fn the_inventory_is_a_tree_of_namespaces_versions_kinds_and_names() {
        let mut inventory = Inventory::default();
        assert_eq!(inventory.to_value().to_string(), "{}");
        let namespace = r#"{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "b"}}"#;
        inventory.add(&value(namespace), None);
        let pod = r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}"#;
        inventory.add(&value(pod), Some("b"));
        assert!(inventory.namespace("b").is_some() && inventory.namespace("a").is_none());
        let tree = inventory.to_value();
        assert!(tree.at(&["namespace", "b", "v1", "Pod", "a"]).is_some());
        assert!(tree.at(&["cluster", "v1", "Namespace", "b"]).is_some());
    }
}
