//! Records in the OSV format, which most databases are published in.
//!
//! Source: ossf.github.io/osv-schema, version 1.7.

use std::borrow::Cow;
use std::sync::Arc;

use serde::Deserialize;

use super::score;
use crate::document::text;
use crate::domain::advisory::{
    Advisory, AdvisoryKind, Affected, Event, severity_of, severity_of_score,
};
use crate::domain::clock::Timestamp;
use crate::domain::code::Severity;
use crate::domain::package::{Ecosystem, Package};

type Text<'t> = Cow<'t, str>;

#[derive(Deserialize)]
struct Record<'t> {
    #[serde(borrow)]
    id: Text<'t>,
    #[serde(borrow, default)]
    aliases: Vec<Text<'t>>,
    #[serde(borrow, default)]
    upstream: Vec<Text<'t>>,
    #[serde(borrow, default)]
    summary: Text<'t>,
    #[serde(borrow, default)]
    details: Text<'t>,
    #[serde(borrow, default)]
    published: Option<Text<'t>>,
    #[serde(borrow)]
    modified: Text<'t>,
    #[serde(borrow, default)]
    withdrawn: Option<Text<'t>>,
    #[serde(borrow, default)]
    severity: Vec<Rating<'t>>,
    #[serde(borrow, default)]
    affected: Vec<Part<'t>>,
    #[serde(borrow, default)]
    database_specific: Specific<'t>,
}

#[derive(Deserialize)]
struct Rating<'t> {
    #[serde(borrow)]
    score: Text<'t>,
}

#[derive(Default, Deserialize)]
struct Specific<'t> {
    #[serde(borrow, default)]
    severity: Option<Text<'t>>,
    #[serde(borrow, default)]
    informational: Option<Text<'t>>,
    #[serde(borrow, default)]
    url: Option<Text<'t>>,
}

#[derive(Deserialize)]
struct Part<'t> {
    #[serde(borrow, default)]
    package: Option<Named<'t>>,
    #[serde(borrow, default)]
    severity: Vec<Rating<'t>>,
    #[serde(borrow, default)]
    ranges: Vec<Range<'t>>,
    #[serde(borrow, default)]
    versions: Vec<Text<'t>>,
    #[serde(borrow, default)]
    database_specific: Specific<'t>,
}

#[derive(Deserialize)]
struct Named<'t> {
    #[serde(borrow)]
    ecosystem: Text<'t>,
    #[serde(borrow)]
    name: Text<'t>,
}

#[derive(Deserialize)]
struct Range<'t> {
    #[serde(borrow, rename = "type")]
    kind: Text<'t>,
    #[serde(borrow, default)]
    events: Vec<Turn<'t>>,
}

#[derive(Deserialize)]
struct Turn<'t> {
    #[serde(borrow, default)]
    introduced: Option<Text<'t>>,
    #[serde(borrow, default)]
    fixed: Option<Text<'t>>,
    #[serde(borrow, default)]
    last_affected: Option<Text<'t>>,
}

/// What became of a record.
#[derive(Debug, PartialEq)]
pub(super) enum Read {
    /// It is about packages.
    Advisory(Box<Advisory>),
    /// The record with this id was withdrawn.
    Withdrawn(Arc<str>),
    /// It is about commits alone: nothing that a component could be compared with.
    Skipped,
}

/// Reads one record.
///
/// # Errors
/// Why the text is no record.
pub(super) fn read(text: &str) -> Result<Read, String> {
    let record: Record<'_> = serde_json::from_str(text).map_err(|error| fault(&error))?;
    if record.withdrawn.is_some() {
        return Ok(Read::Withdrawn(Arc::from(record.id)));
    }
    let kind = kind(&record);
    let ratings =
        record.severity.iter().chain(record.affected.iter().flat_map(|part| &part.severity));
    let score = ratings.filter_map(|rating| score::of_vector(&rating.score)).reduce(f64::max);
    let words = record.affected.iter().map(|part| &part.database_specific);
    let named = words
        .chain([&record.database_specific])
        .filter_map(|specific| severity_of(specific.severity.as_deref()?))
        .max();
    let severity: Option<Severity> = score.and_then(severity_of_score).max(named);
    // A range that begins nowhere would affect nothing, which is not what its author can have meant.
    let ranges = record.affected.iter().flat_map(|part| &part.ranges);
    let begins = |range: &Range<'_>| range.events.iter().any(|turn| turn.introduced.is_some());
    if ranges.filter(|range| range.kind != "GIT").any(|range| !begins(range)) {
        return Err(format!("a range of `{}` has no `introduced`", record.id));
    }
    let affected: Vec<Affected> = record.affected.iter().filter_map(affected).collect();
    if affected.is_empty() {
        return Ok(Read::Skipped);
    }
    let url = record.database_specific.url.map(Arc::from);
    Ok(Read::Advisory(Box::new(Advisory {
        url: url
            .or_else(|| Some(Arc::from(format!("https://osv.dev/vulnerability/{}", record.id)))),
        id: Arc::from(record.id),
        // Distributions name the vulnerability that they mend as `upstream`.
        aliases: record.aliases.into_iter().chain(record.upstream).map(Arc::from).collect(),
        title: title(&record.summary, &record.details),
        kind,
        severity,
        score,
        published: time(record.published.as_deref()),
        modified: time(Some(&record.modified)),
        affected,
    })))
}

/// What is wrong with a text, and where.
pub(super) fn fault(error: &serde_json::Error) -> String {
    format!("line {}, column {}: {}", error.line(), error.column(), text::reason(error))
}

fn kind(record: &Record<'_>) -> AdvisoryKind {
    let parts = record.affected.iter().map(|part| &part.database_specific);
    let said = parts
        .chain([&record.database_specific])
        .find_map(|specific| specific.informational.as_deref());
    match said {
        Some("unmaintained") => AdvisoryKind::Unmaintained,
        Some("unsound") => AdvisoryKind::Unsound,
        Some(_) => AdvisoryKind::Notice,
        None if record.id.starts_with("MAL-") => AdvisoryKind::Malicious,
        None => AdvisoryKind::Vulnerability,
    }
}

/// The summary, else the first line of the details, cut where a line of a report ends.
fn title(summary: &str, details: &str) -> Arc<str> {
    const MAX_CHARS: usize = 160;
    let line = if summary.trim().is_empty() {
        details.lines().find(|line| !line.trim().is_empty()).unwrap_or_default()
    } else {
        summary
    };
    let line = line.trim().trim_start_matches('#').trim_start();
    match line.char_indices().nth(MAX_CHARS) {
        Some((at, _)) => Arc::from(format!("{}…", line.get(..at).unwrap_or_default())),
        None => Arc::from(line),
    }
}

fn affected(part: &Part<'_>) -> Option<Affected> {
    let named = part.package.as_ref()?;
    let ranges: Vec<Vec<Event>> = part
        .ranges
        .iter()
        .filter(|range| range.kind != "GIT")
        .map(|range| range.events.iter().filter_map(event).collect())
        .collect();
    if ranges.is_empty() && part.versions.is_empty() {
        return None;
    }
    let versions = part.versions.iter().map(|version| Arc::from(version.as_ref())).collect();
    Some(Affected {
        package: Package::new(ecosystem(&named.ecosystem), &named.name),
        ranges,
        versions,
    })
}

/// The name of an ecosystem as a package URL can say it.
///
/// `Ubuntu:22.04:LTS` and `Ubuntu:22.04` are one release, and what costs extra (`Ubuntu:Pro:…`) is another one. Of Red Hat
/// and SUSE the release counts and not the channel, since a bill does not name it: `Red Hat:enterprise_linux:9::baseos` is
/// `Red Hat:9`, `SUSE:Linux Enterprise Module for Basesystem 15 SP5` is `SUSE:15.5`.
fn ecosystem(written: &str) -> Ecosystem {
    let plain = written.strip_suffix(":LTS").unwrap_or(written);
    let short = match plain.split_once(':') {
        Some(("Red Hat", product)) => {
            let release = product.strip_prefix("enterprise_linux:");
            let major = release.and_then(|release| release.split([':', '.']).next());
            major.map(|major| format!("Red Hat:{major}"))
        }
        Some((family @ ("SUSE" | "openSUSE"), product)) => {
            release_of(product).map(|release| format!("{family}:{release}"))
        }
        Some(_) | None => None,
    };
    Ecosystem::new(short.unwrap_or_else(|| plain.to_owned()))
}

/// `Linux Enterprise Server 15 SP5` as `15.5`, `Leap 15.5` as `15.5`, `Tumbleweed` as itself.
fn release_of(product: &str) -> Option<String> {
    let mut words = product.split(' ').rev();
    let last = words.next()?;
    let is_number = |word: &str| word.starts_with(|first: char| first.is_ascii_digit());
    match last.strip_prefix("SP") {
        Some(pack) => {
            words.next().filter(|word| is_number(word)).map(|word| format!("{word}.{pack}"))
        }
        None if is_number(last) || last == "Tumbleweed" => Some(last.to_owned()),
        None => None,
    }
}

fn event(turn: &Turn<'_>) -> Option<Event> {
    let of = |text: &Option<Text<'_>>| text.as_ref().map(|text| Arc::from(text.as_ref()));
    of(&turn.introduced)
        .map(Event::Introduced)
        .or_else(|| of(&turn.fixed).map(Event::Fixed))
        .or_else(|| of(&turn.last_affected).map(Event::LastAffected))
}

fn time(text: Option<&str>) -> Option<Timestamp> {
    text.and_then(|text| text.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advisory(text: &str) -> Advisory {
        match read(text) {
            Ok(Read::Advisory(advisory)) => *advisory,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_record_is_read_with_its_ranges_and_its_severity() {
        let read = advisory(
            r#"{"id":"GHSA-x","modified":"2026-01-02T03:04:05Z","published":"2025-01-01T00:00:00Z","aliases":["CVE-2025-1"],
              "details":"\n## A title\nmore",
              "severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N"}],
              "affected":[{"package":{"ecosystem":"PyPI","name":"A_B"},
                 "ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"1.2"}]},{"type":"GIT","events":[{"introduced":"0"}]}],
                 "versions":["0.9"]}],
              "database_specific":{"severity":"MODERATE"}}"#,
        );
        assert_eq!(read.title.as_ref(), "A title");
        assert_eq!((read.severity, read.score), (Some(Severity::Medium), Some(6.1)));
        assert_eq!(read.affected[0].package.name.as_ref(), "a-b");
        assert_eq!(
            read.affected[0].ranges,
            [vec![Event::Introduced("0".into()), Event::Fixed("1.2".into())]]
        );
        assert_eq!(read.url.as_deref(), Some("https://osv.dev/vulnerability/GHSA-x"));
    }

    #[test]
    fn an_ecosystem_is_named_as_a_package_url_can_say_it() {
        for (written, short) in [
            ("npm", "npm"),
            ("Debian:12", "Debian:12"),
            ("Ubuntu:22.04:LTS", "Ubuntu:22.04"),
            ("Ubuntu:Pro:22.04:LTS", "Ubuntu:Pro:22.04"),
            ("Red Hat:enterprise_linux:9::baseos", "Red Hat:9"),
            ("Red Hat:rhel_eus:9.2::appstream", "Red Hat:rhel_eus:9.2::appstream"),
            ("SUSE:Linux Enterprise Module for Basesystem 15 SP5", "SUSE:15.5"),
            ("openSUSE:Leap 15.5", "openSUSE:15.5"),
            ("openSUSE:Tumbleweed", "openSUSE:Tumbleweed"),
            ("SUSE:Manager Server Module", "SUSE:Manager Server Module"),
        ] {
            assert_eq!(ecosystem(written).as_str(), short, "{written}");
        }
    }

    #[test]
    fn withdrawn_records_and_records_of_commits_are_skipped() {
        let withdrawn =
            r#"{"id":"A","modified":"2026-01-02T03:04:05Z","withdrawn":"2026-01-02T03:04:05Z"}"#;
        assert_eq!(read(withdrawn), Ok(Read::Withdrawn("A".into())));
        let of_commits = r#"{"id":"A","modified":"2026-01-02T03:04:05Z","affected":[{"ranges":[{"type":"GIT","events":[{"introduced":"0"}]}]}]}"#;
        assert_eq!(read(of_commits), Ok(Read::Skipped));
        assert!(read(r#"{"id":"A"}"#).unwrap_err().contains("modified"));
        for events in ["", r#"{"fixed":"1.2"}"#] {
            let text = format!(
                r#"{{"id":"A","modified":"2026-01-02T03:04:05Z","affected":[{{"package":{{"ecosystem":"npm","name":"a"}},
                   "ranges":[{{"type":"SEMVER","events":[{events}]}}]}}]}}"#
            );
            assert!(read(&text).unwrap_err().contains("introduced"), "{events}");
        }
    }
}
