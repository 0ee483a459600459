//! What was seen in a service, so that a grace period begins when somebody here could have known.

use std::sync::Arc;

use crate::domain::package::Component;

/// A trouble of a component, without the component's version: an upgrade that mends nothing begins no new period.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sighting {
    /// One of the ids of the trouble.
    pub advisory: Arc<str>,
    /// The package as its ecosystem names it, else the component's name.
    pub component: Arc<str>,
}

impl Sighting {
    /// The name of a component that is the same for all its versions.
    pub fn name_of(component: &Component) -> Arc<str> {
        match &component.package {
            Some(package) => Arc::from(format!("{}/{}", package.ecosystem, package.name)),
            None => Arc::clone(&component.name),
        }
    }
}
