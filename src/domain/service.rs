//! Services and environments.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::error::Error;

/// An entity reference as in a catalogue: `component:default/checkout`.
///
/// Source: Backstage, "Entity References": `[kind:][namespace/]name`; kind and namespace are lower-cased here.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ServiceRef {
    /// `component` unless written otherwise.
    pub kind: String,
    /// `default` unless written otherwise.
    pub namespace: String,
    /// The service's name.
    pub name: String,
}

impl ServiceRef {
    /// The component `name` in the default namespace.
    ///
    /// # Errors
    /// `Invalid` if `name` is not a name.
    pub fn component(name: &str) -> Result<Self, Error> {
        name.parse()
    }
}

impl FromStr for ServiceRef {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (kind, rest) = text.split_once(':').unwrap_or(("component", text));
        let (namespace, name) = rest.split_once('/').unwrap_or(("default", rest));
        let valid = |part: &str| {
            (1..=63).contains(&part.len())
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
                && part.starts_with(|first: char| first.is_ascii_alphanumeric())
                && part.ends_with(|last: char| last.is_ascii_alphanumeric())
        };
        if [kind, namespace, name].into_iter().all(valid) {
            return Ok(Self {
                kind: kind.to_ascii_lowercase(),
                namespace: namespace.to_ascii_lowercase(),
                name: name.to_owned(),
            });
        }
        Err(Error::invalid(format!("`{text}` is not a service"))
            .with_field("service")
            .with_help("write `name`, `namespace/name` or `kind:namespace/name`, e.g. `component:default/checkout`"))
    }
}

impl fmt::Display for ServiceRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}/{}", self.kind, self.namespace, self.name)
    }
}

impl fmt::Debug for ServiceRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<ServiceRef> for String {
    fn from(service: ServiceRef) -> Self {
        service.to_string()
    }
}

impl TryFrom<String> for ServiceRef {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map_err(|error: Error| error.taught())
    }
}

/// Where a service's facts come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ServiceSource {
    /// A `catalog-info.yaml` beside or above the manifests.
    Catalog,
    /// The caller said so.
    Flag,
    /// The label `app.kubernetes.io/name`.
    Label,
    /// Nobody said; the release carries a finding.
    Unknown,
}

impl ServiceSource {
    /// The word in the input document.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Catalog => "catalog",
            Self::Flag => "flag",
            Self::Label => "label",
            Self::Unknown => "unknown",
        }
    }
}

/// A service and what its catalogue entry says of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Who it is.
    pub reference: ServiceRef,
    /// How we know.
    pub source: ServiceSource,
    /// The owning team, as the catalogue writes it.
    pub owner: Option<String>,
    /// The system it belongs to.
    pub system: Option<String>,
    /// How important it is: `tier-1` …
    pub tier: Option<String>,
    /// `production`, `experimental`, `deprecated` …
    pub lifecycle: Option<String>,
    /// Where its source is kept, in the one spelling: `https://github.com/acme/checkout`.
    pub repository: Option<String>,
}

impl Service {
    /// A service of which only the name is known.
    pub fn named(reference: ServiceRef, source: ServiceSource) -> Self {
        Self {
            reference,
            source,
            owner: None,
            system: None,
            tier: None,
            lifecycle: None,
            repository: None,
        }
    }
}

/// An environment's name: lower-case letters, digits and hyphens, at most 63, beginning with a letter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Environment(String);

impl Environment {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Environment {
    fn default() -> Self {
        Self("production".to_owned())
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Environment {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let valid = (1..=63).contains(&text.len())
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if valid {
            return Ok(Self(text.to_owned()));
        }
        Err(Error::invalid(format!("`{text}` is not an environment's name"))
            .with_field("environment")
            .with_help("write lower-case letters, digits and hyphens, e.g. `production`"))
    }
}

impl<'de> Deserialize<'de> for Environment {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|error: Error| serde::de::Error::custom(error.taught()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_completed_and_shows_itself_whole() {
        for (text, whole) in [
            ("checkout", "component:default/checkout"),
            ("shop/checkout", "component:shop/checkout"),
            ("API:shop/v1.orders", "api:shop/v1.orders"),
        ] {
            assert_eq!(text.parse::<ServiceRef>().unwrap().to_string(), whole);
        }
    }

    #[test]
    fn a_reference_with_an_empty_or_strange_part_is_refused() {
        for text in ["", ":", "a/", "/a", "a b", "component:default/", "x:y:z/a", "a/b/c", "-a"] {
            assert!(text.parse::<ServiceRef>().is_err(), "{text}");
        }
    }

    #[test]
    fn environments_are_lower_case_words() {
        assert!("eu-production-2".parse::<Environment>().is_ok());
        for text in ["", "Production", "2nd", "a b", "a/b"] {
            assert!(text.parse::<Environment>().is_err(), "{text}");
        }
    }
}
