//! The components of a lock file, found by name and version while its graph is read.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Bill, purl};
use crate::domain::package::{Component, Licence};

/// A component of an ecosystem whose name and version are all that a lock file says.
pub(super) fn component(kind: &str, name: &str, version: &str) -> Component {
    let mut component = Component {
        name: Arc::from(name),
        version: (!version.is_empty()).then(|| Arc::from(version)),
        purl: purl::of(kind, name, version),
        licence: Licence::None,
        ..Component::default()
    };
    purl::identify(&mut component);
    component
}

/// Which component each name and version is.
#[derive(Debug, Default)]
pub(super) struct Index {
    by_name: BTreeMap<Arc<str>, Vec<(String, usize)>>,
}

impl Index {
    /// Adds a component to the bill, unless the same name and version is there already.
    pub(super) fn add(&mut self, bill: &mut Bill, version: &str, component: Component) -> usize {
        if let Some(known) = self.find(&component.name, Some(version)) {
            return known;
        }
        let name = Arc::clone(&component.name);
        let index = bill.add(component);
        self.by_name.entry(name).or_default().push((version.to_owned(), index));
        index
    }

    /// The component of this name and version; without a version the first of the name.
    pub(super) fn find(&self, name: &str, version: Option<&str>) -> Option<usize> {
        let mut candidates = self.by_name.get(name)?.iter();
        let found = match version {
            Some(version) => candidates.find(|(other, _)| other == version),
            None => candidates.next(),
        };
        found.map(|(_, index)| *index)
    }
}
