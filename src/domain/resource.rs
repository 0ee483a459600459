//! Resources: objects found in artifacts, with their origin.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::place::{Location, Place, Places, SourceFile};
use crate::domain::value::Value;

/// Which resource this is.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceId {
    /// `apps/v1`
    pub api_version: String,
    /// `Deployment`
    pub kind: String,
    /// Empty when not written.
    pub namespace: String,
    /// Empty when not written; `prefix-*` for a `generateName`.
    pub name: String,
}

impl ResourceId {
    /// The API group: `apps`, empty for the core group.
    pub fn group(&self) -> &str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }

    /// Whether a METADATA kind (`Ingress` or `networking.k8s.io/Ingress`) names this resource's kind.
    pub fn is_kind(&self, wanted: &str) -> bool {
        match wanted.rsplit_once('/') {
            Some((group, kind)) => kind == self.kind && group == self.group(),
            None => wanted == self.kind,
        }
    }
}

impl fmt::Display for ResourceId {
    /// `Deployment shop/checkout`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.kind)?;
        if !self.namespace.is_empty() {
            write!(f, "{}/", self.namespace)?;
        }
        f.write_str(if self.name.is_empty() { "(unnamed)" } else { &self.name })
    }
}

/// One object found in an artifact.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Which one it is.
    pub id: ResourceId,
    /// The object as written.
    pub document: Value,
    /// The file it stands in.
    pub file: Arc<SourceFile>,
    /// The places of the document it stands in.
    pub places: Arc<Places>,
    /// The place of this object among them.
    pub place: Place,
    /// JSON pointer of this object in its document: empty, or `/items/3` inside a `List`.
    pub pointer: String,
}

impl Resource {
    /// The location of `path` (a JSON pointer into this resource), or of the nearest place that exists on its way.
    pub fn location(&self, path: &str) -> Location {
        let (place, value) = self.places.locate(self.place, &self.document, path);
        self.file.location_of(place, value, format!("{}{path}", self.pointer))
    }

    /// The line at which the object begins.
    pub fn line(&self) -> u32 {
        self.file.line_and_column(self.place.value.start).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_may_be_named_with_its_group() {
        let id = ResourceId {
            api_version: "networking.k8s.io/v1".into(),
            kind: "Ingress".into(),
            ..ResourceId::default()
        };
        assert!(id.is_kind("Ingress") && id.is_kind("networking.k8s.io/Ingress"));
        assert!(!id.is_kind("extensions/Ingress") && !id.is_kind("Service"));
    }
}
