//! Manifests and descriptors with every member that Conforma's functions give them.
//!
//! Source: OCI image specification 1.1, "Content Descriptors" and "Image Manifest".

use std::sync::Arc;

use crate::domain::value::Value;

use super::record;

/// A manifest of one image.
pub(super) fn manifest(written: &Value, media_type: &str) -> Value {
    let layers = list(written, "layers").iter().map(descriptor).collect();
    let config = written.get("config").map(descriptor);
    let mut fields = common(written, media_type);
    fields.extend([
        ("config", config.unwrap_or_else(|| record(vec![]))),
        ("layers", Value::array(layers)),
    ]);
    record(fields)
}

/// A list of manifests.
pub(super) fn index(written: &Value, media_type: &str) -> Value {
    let manifests = list(written, "manifests").iter().map(descriptor).collect();
    let mut fields = common(written, media_type);
    fields.push(("manifests", Value::array(manifests)));
    record(fields)
}

/// A descriptor, also one that leaves out what it may leave out.
pub(super) fn descriptor(written: &Value) -> Value {
    let text = |key: &str| written.get(key).cloned().unwrap_or_else(|| Value::from(""));
    let mut fields = vec![
        ("mediaType", text("mediaType")),
        ("digest", text("digest")),
        ("size", written.get("size").cloned().unwrap_or_else(|| Value::from(0))),
        ("data", text("data")),
        ("urls", Value::array(list(written, "urls").to_vec())),
        ("annotations", annotations(written)),
        ("artifactType", text("artifactType")),
    ];
    if let Some(written) = written.get("platform") {
        fields.push(("platform", platform(written)));
    }
    record(fields)
}

fn platform(written: &Value) -> Value {
    let text =
        |key: &'static str| (key, written.get(key).cloned().unwrap_or_else(|| Value::from("")));
    let texts = |key: &'static str| (key, Value::array(list(written, key).to_vec()));
    record(vec![
        text("architecture"),
        text("os"),
        text("os.version"),
        texts("os.features"),
        text("variant"),
        texts("features"),
    ])
}

fn common(written: &Value, media_type: &str) -> Vec<(&'static str, Value)> {
    let mut fields = vec![
        ("schemaVersion", written.get("schemaVersion").cloned().unwrap_or_else(|| Value::from(2))),
        ("mediaType", Value::from(media_type)),
        ("annotations", annotations(written)),
    ];
    if let Some(subject) = written.get("subject") {
        fields.push(("subject", descriptor(subject)));
    }
    fields
}

fn annotations(written: &Value) -> Value {
    let annotations = written.get("annotations").filter(|written| written.is_object());
    annotations.cloned().unwrap_or_else(|| Value::object(Vec::<(Arc<str>, Value)>::new()))
}

fn list<'v>(written: &'v Value, key: &str) -> &'v [Value] {
    written.get(key).and_then(Value::as_array).unwrap_or_default()
}
