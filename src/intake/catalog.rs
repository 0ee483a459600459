//! Entities of a catalogue: who owns a service, and how important it is.
//!
//! Source: Backstage, "Descriptor Format of Catalog Entities".

use std::sync::Arc;

use super::{code, fault};
use crate::document::Document;
use crate::domain::place::SourceFile;
use crate::domain::release::InputFault;
use crate::domain::repository::Repository;
use crate::domain::service::{Service, ServiceRef, ServiceSource};
use crate::domain::value::Value;

/// An entity that can be released, and where it is described.
#[derive(Clone, Debug)]
pub(super) struct Entity {
    /// The path of the file.
    pub(super) path: String,
    pub(super) service: Service,
}

/// Whether an `apiVersion` is one of a catalogue.
pub(super) fn is_catalog(api_version: &str) -> bool {
    api_version.starts_with("backstage.io/")
}

/// The entity that a document describes; `None` for those that are never released, like a group.
///
/// # Errors
/// A component without a name.
pub(super) fn entity(
    document: &Document,
    file: &Arc<SourceFile>,
) -> Result<Option<Entity>, Box<InputFault>> {
    let value = &document.value;
    let text = |keys: &[&str]| value.at(keys).and_then(Value::as_str).map(str::to_owned);
    let kind = text(&["kind"]).unwrap_or_default();
    if matches!(kind.as_str(), "Group" | "User" | "Location" | "Domain" | "Template") {
        return Ok(None);
    }
    let namespace = text(&["metadata", "namespace"]);
    let namespace = namespace.as_deref().unwrap_or("default");
    let name = text(&["metadata", "name"]).unwrap_or_default();
    let reference = format!("{kind}:{namespace}/{name}");
    let Ok(reference) = reference.parse::<ServiceRef>() else {
        let pointer = "/metadata/name";
        let (place, at) = document.places.locate(document.root, value, pointer);
        let location = file.location_of(place, at, pointer);
        let message = format!("`{reference}` is not an entity's reference");
        let help =
            "Write `metadata.name`: letters and digits, joined by `-`, `_` or `.`, at most 63.";
        let remediation = help.to_owned();
        let made = InputFault { remediation, ..fault::at(&code::SCHEMA, location, message) };
        return Err(Box::new(made));
    };
    let tier = text(&["metadata", "labels", "goldgate.dev/tier"])
        .or_else(|| text(&["metadata", "annotations", "goldgate.dev/tier"]))
        .or_else(|| text(&["spec", "tier"]));
    let service = Service {
        reference,
        source: ServiceSource::Catalog,
        owner: text(&["spec", "owner"]),
        system: text(&["spec", "system"]),
        tier,
        lifecycle: text(&["spec", "lifecycle"]),
        repository: repository(value),
    };
    Ok(Some(Entity { path: file.path.clone(), service }))
}

/// Where the source is kept, as the annotations say it.
///
/// Source: Backstage, "Well-known Annotations on Catalog Entities".
fn repository(entity: &Value) -> Option<String> {
    let annotation = |name: &str| entity.at(&["metadata", "annotations", name])?.as_str();
    let slug = |name: &str, host: &str| Some(format!("https://{host}/{}", annotation(name)?));
    let location = annotation("backstage.io/source-location").map(|location| {
        let address = location.strip_prefix("url:").unwrap_or(location);
        // The page of a folder: what stands behind the repository is how each host shows it.
        let pages = ["/-/tree/", "/-/blob/", "/tree/", "/blob/", "/src/branch/", "/src/"];
        let end = pages.iter().filter_map(|page| address.find(page)).min();
        end.and_then(|end| address.get(..end)).unwrap_or(address).to_owned()
    });
    let written = slug("github.com/project-slug", "github.com")
        .or_else(|| slug("gitlab.com/project-slug", "gitlab.com"))
        .or(location)?;
    Repository::parse(&written).map(|found| found.address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_is_read_from_each_annotation() {
        for (name, text, expected) in [
            ("github.com/project-slug", "Acme/Checkout", Some("https://github.com/acme/checkout")),
            (
                "gitlab.com/project-slug",
                "acme/shop/checkout",
                Some("https://gitlab.com/acme/shop/checkout"),
            ),
            (
                "backstage.io/source-location",
                "url:https://github.com/acme/mono/tree/main/checkout/",
                Some("https://github.com/acme/mono"),
            ),
            (
                "backstage.io/source-location",
                "url:https://git.acme.example/Shop/checkout/-/tree/main/",
                Some("https://git.acme.example/Shop/checkout"),
            ),
            ("backstage.io/source-location", "dir:../checkout", None),
            ("github.com/project-slug", "", None),
            ("other", "https://github.com/acme/checkout", None),
        ] {
            let annotations = Value::object(vec![(Arc::from(name), Value::from(text))]);
            let metadata = Value::object(vec![(Arc::from("annotations"), annotations)]);
            let entity = Value::object(vec![(Arc::from("metadata"), metadata)]);
            assert_eq!(repository(&entity).as_deref(), expected, "{name}: {text}");
        }
    }
}
