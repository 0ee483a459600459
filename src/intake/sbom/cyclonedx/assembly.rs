//! A bill while its document is read: each component is made, and each edge is noted, as it comes, so that no second list of
//! them fills the memory.

use std::sync::Arc;

use super::members::{Choice, Dependency, Metadata, Part};
use super::references::References;
use crate::document::text::Text;
use crate::domain::package::{Component, Licence};
use crate::domain::sbom::SbomFormat;
use crate::intake::sbom::licence::Licences;
use crate::intake::sbom::{Bill, named, purl, strongest};

/// What was read so far, in whatever order the document has it.
#[derive(Default)]
pub(super) struct Assembly<'t> {
    pub(super) spec_version: Text<'t>,
    pub(super) serial_number: Option<Text<'t>>,
    pub(super) metadata: Metadata<'t>,
    pub(super) tools: Vec<String>,
    components: Vec<Component>,
    licences: Licences,
    references: References<'t>,
    /// By the number of a reference: the component that it means.
    meant: Vec<Option<u32>>,
    /// Which reference needs which, by their numbers.
    edges: Vec<(u32, u32)>,
}

impl<'t> Assembly<'t> {
    /// Adds a component, and those that are nested in it behind it.
    pub(super) fn take_part(&mut self, part: Part<'t>) {
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
            if let Some(reference) = part.reference.filter(|reference| !reference.is_empty()) {
                let index = u32::try_from(self.components.len()).ok();
                let number = self.references.number(reference) as usize;
                if self.meant.len() <= number {
                    self.meant.resize(number + 1, None);
                }
                if let Some(meant) = self.meant.get_mut(number) {
                    *meant = index;
                }
            }
            self.components.push(component);
        }
        for nested in part.components {
            self.take_part(nested);
        }
    }

    /// Notes what one component needs.
    pub(super) fn take_dependency(&mut self, dependency: Dependency<'t>) {
        let from = self.references.number(dependency.reference);
        for needed in dependency.depends_on {
            let to = self.references.number(needed);
            self.edges.push((from, to));
        }
    }

    /// Several licences apply together.
    fn licence(&mut self, choices: Vec<Choice<'t>>) -> Licence {
        let texts = choices.into_iter().filter_map(|choice| {
            let named = choice.license.and_then(|license| {
                license.id.or(license.name).or(license.text.map(|text| text.content))
            });
            choice.expression.or(named)
        });
        self.licences.of(texts)
    }

    /// Makes the bill.
    pub(super) fn into_bill(mut self) -> Bill {
        let mut bill = Bill::new(SbomFormat::Cyclonedx, &self.spec_version);
        let metadata = std::mem::take(&mut self.metadata);
        bill.tools = std::mem::take(&mut self.tools);
        bill.created = metadata.timestamp.map(Text::into_owned);
        bill.claims.serial = self.serial_number.take().map(Text::into_owned);
        let authors =
            metadata.authors.into_iter().chain(metadata.manufacturer).chain(metadata.supplier);
        let authors = authors.map(|party| party.name.into_owned()).filter(|name| !name.is_empty());
        bill.claims.authors = authors.collect();
        let mut root = None;
        if let Some(part) = metadata.component {
            bill.subject = Some(named(&part.name, part.version.as_deref()));
            bill.claims.subject_digests = subject_digests(&part);
            root = part.reference.map(|reference| self.references.number(reference));
            // What the bill is about may bring its parts with it.
            for nested in part.components {
                self.take_part(nested);
            }
        }
        let Self { components, meant, mut edges, .. } = self;
        let component = |number: u32| meant.get(number as usize).copied().flatten();
        edges.retain_mut(|(from, to)| {
            let Some(needed) = component(*to) else { return false };
            if let Some(own) = component(*from) {
                (*from, *to) = (own, needed);
                return true;
            }
            if Some(*from) == root {
                bill.direct.push(needed as usize);
            }
            false
        });
        bill.components = components;
        bill.edges = edges;
        bill
    }
}

/// The digests of an image stand as its hash, its version, or in its package URL.
fn subject_digests(part: &Part<'_>) -> Vec<String> {
    let hashes = part.hashes.iter().map(|hash| (&hash.alg, &hash.content));
    let mut digests: Vec<String> = strongest(hashes).into_iter().collect();
    let texts = [part.version.as_deref(), part.purl.as_deref(), Some(&*part.name)];
    digests.extend(texts.into_iter().flatten().filter_map(purl::digest_in));
    digests.sort();
    digests.dedup();
    digests
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
