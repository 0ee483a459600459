//! Codes and severities: how a finding is named and weighed.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::error::Error;

/// The name of a policy's finding: `K8S-RUN-AS-ROOT`. Upper-case letters, digits and single hyphens, at most 64.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Code(Arc<str>);

impl Code {
    /// A code that stands in this crate's own source; a test of its room checks that it is one.
    pub(crate) fn from_source(code: &'static str) -> Self {
        Self(Arc::from(code))
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Code {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let part = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        };
        if text.len() <= 64
            && text.starts_with(|first: char| first.is_ascii_uppercase())
            && text.split('-').all(part)
        {
            return Ok(Self(Arc::from(text)));
        }
        Err(Error::invalid(format!("`{text}` is not a code")).with_help(
            "write upper-case letters, digits and single hyphens, e.g. `K8S-RUN-AS-ROOT`",
        ))
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|error: Error| serde::de::Error::custom(error.external()))
    }
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth mending when you pass by.
    Low,
    /// Worth planning.
    Medium,
    /// Denies by default.
    High,
    /// Denies by default; drop other work.
    Critical,
}

impl Severity {
    /// Every severity, mildest first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The word used in METADATA, JSON and reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Severity {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|severity| severity.as_str() == text).ok_or_else(|| {
            Error::invalid(format!("`{text}` is not a severity"))
                .with_help("write `low`, `medium`, `high` or `critical`")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_upper_case_words_joined_by_hyphens() {
        for good in ["K8S-RUN-AS-ROOT", "A", "INPUT-YAML"] {
            assert_eq!(good.parse::<Code>().unwrap().as_str(), good);
        }
        for bad in ["", "k8s-root", "K8S--ROOT", "-K8S", "K8S-", "8K", "K8S ROOT", &"A".repeat(65)]
        {
            assert!(bad.parse::<Code>().is_err(), "{bad}");
        }
    }

    #[test]
    fn severities_are_ordered() {
        assert!(Severity::Critical > Severity::High && Severity::Medium > Severity::Low);
    }
}
