//! The components of a CycloneDX bill, each made while the bill is read, so that no second list of them fills the memory.

use std::fmt;
use std::sync::Arc;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::references::References;
use super::{Choice, Part};
use crate::document::text::Text;
use crate::domain::package::{Component, Licence};
use crate::intake::sbom::licence::Licences;
use crate::intake::sbom::{Bill, purl, strongest};

/// Components, nested ones behind the one that they stand in.
#[derive(Default)]
pub(super) struct Parts<'t> {
    components: Vec<Component>,
    /// By the index of their component; empty where there is none.
    references: Vec<Text<'t>>,
    licences: Licences,
}

impl<'t> Parts<'t> {
    pub(super) fn take(&mut self, part: Part<'t>) {
        // A bill of a container lists its files too, and the system that the packages are of: these are none themselves.
        if part.kind != "file" && part.kind != "operating-system" {
            let licence = self.licence(part.licenses);
            let supplier = part.supplier.map(|party| party.name).or(part.publisher).or(part.author);
            let digests = part.hashes.iter().map(|hash| (&hash.alg, &hash.content));
            let mut component = Component {
                name: name(part.group.as_deref(), part.name, part.purl.as_deref()),
                version: part.version.filter(|version| !version.is_empty()).map(Arc::from),
                licence,
                released: part.release_notes.and_then(|notes| notes.timestamp?.parse().ok()),
                supplier: supplier.filter(|name| !name.is_empty()).map(Arc::from),
                digest: strongest(digests).map(Arc::from),
                purl: part.purl.map(Arc::from),
                ..Component::default()
            };
            purl::identify(&mut component);
            self.components.push(component);
            self.references.push(part.reference.unwrap_or_default());
        }
        for nested in part.components {
            self.take(nested);
        }
    }

    /// Several licences apply together.
    fn licence(&mut self, choices: Vec<Choice<'t>>) -> Licence {
        let texts = choices.into_iter().filter_map(|choice| {
            let named = choice.license.and_then(|license| license.id.or(license.name));
            choice.expression.or(named)
        });
        self.licences.of(texts)
    }

    /// Hands the components to the bill, and says which each reference means.
    pub(super) fn into_components(self, bill: &mut Bill) -> References<'t> {
        bill.add_all(self.components);
        let references = self.references.into_iter().enumerate();
        let references = references.filter(|(_, reference)| !reference.is_empty());
        references.map(|(index, reference)| (reference, index)).collect()
    }
}

/// The name with its group, as the ecosystem writes the two.
fn name(group: Option<&str>, name: Text<'_>, purl: Option<&str>) -> Arc<str> {
    match group {
        Some(group) if !group.is_empty() => {
            let is_maven = purl.is_some_and(|purl| purl.starts_with("pkg:maven/"));
            let separator = if is_maven { ":" } else { "/" };
            Arc::from([group, separator, &name].concat())
        }
        Some(_) | None => Arc::from(name),
    }
}

impl<'de: 't, 't> Deserialize<'de> for Parts<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(PartsVisitor)
    }
}

struct PartsVisitor;

impl<'de> Visitor<'de> for PartsVisitor {
    type Value = Parts<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of components")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Parts<'de>, A::Error> {
        let mut parts = Parts::default();
        while let Some(part) = list.next_element()? {
            parts.take(part);
        }
        Ok(parts)
    }
}
