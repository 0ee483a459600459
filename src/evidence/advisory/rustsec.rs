//! Advisories of the `RustSec` database: TOML in front of Markdown.
//!
//! Source: github.com/rustsec/advisory-db, "Advisory format".

use std::str::FromStr;
use std::sync::Arc;

use rustsec::advisory::Informational;

use super::osv::Read;
use crate::domain::advisory::{Advisory, AdvisoryKind, Affected, Event, severity_of_score};
use crate::domain::package::{Ecosystem, Package};

/// Reads one `RUSTSEC-….md`. The collection `rust` is about the toolchain, which no bill lists: those are skipped by path.
///
/// # Errors
/// Why the text is no advisory.
pub(super) fn read(text: &str) -> Result<Read, String> {
    let advisory = rustsec::Advisory::from_str(text).map_err(|error| error.to_string())?;
    if advisory.withdrawn() {
        return Ok(Read::Withdrawn(Arc::from(advisory.metadata.id.as_str())));
    }
    let metadata = &advisory.metadata;
    let kind = match &metadata.informational {
        None => AdvisoryKind::Vulnerability,
        Some(Informational::Unmaintained) => AdvisoryKind::Unmaintained,
        Some(Informational::Unsound) => AdvisoryKind::Unsound,
        Some(_) => AdvisoryKind::Notice,
    };
    let score = metadata.cvss.as_ref().map(cvss::Cvss::score);
    let ranges = rustsec::osv::ranges_for_advisory(&advisory.versions);
    let ranges = ranges.iter().map(|range| {
        let from = range.introduced.as_ref().map_or_else(|| "0".to_owned(), ToString::to_string);
        let fixed = range.fixed.as_ref().map(|fixed| Event::Fixed(Arc::from(fixed.to_string())));
        [Event::Introduced(Arc::from(from))].into_iter().chain(fixed).collect()
    });
    let package = Package::new(Ecosystem::new("crates.io"), metadata.package.as_str());
    let time = metadata.date.as_str().parse().ok();
    Ok(Read::Advisory(Box::new(Advisory {
        id: Arc::from(metadata.id.as_str()),
        aliases: metadata.aliases.iter().map(|id| Arc::from(id.as_str())).collect(),
        title: Arc::from(metadata.title.as_str()),
        kind,
        severity: score.and_then(severity_of_score),
        score,
        published: time,
        modified: time,
        url: Some(Arc::from(format!(
            "https://rustsec.org/advisories/{}.html",
            metadata.id.as_str()
        ))),
        affected: vec![Affected { package, ranges: ranges.collect(), versions: Vec::new() }],
    })))
}
