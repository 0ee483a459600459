//! Grype's report.
//!
//! Source: github.com/anchore/grype, `grype/presenter/models/document.go`.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Found;
use crate::domain::advisory::severity_of;
use crate::domain::sbom::{SbomFormat, Scan};
use crate::intake::sbom::{Bill, purl};

#[derive(Deserialize)]
struct Document<'t> {
    matches: Vec<Match>,
    #[serde(borrow, default)]
    source: Option<Source<'t>>,
    descriptor: Descriptor,
}

#[derive(Deserialize)]
struct Source<'t> {
    /// A text for a folder, an object for an image.
    #[serde(borrow, default)]
    target: Option<&'t RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Image {
    #[serde(default)]
    user_input: String,
    #[serde(default)]
    manifest_digest: String,
}

#[derive(Deserialize)]
struct Descriptor {
    name: String,
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    timestamp: Option<String>,
    #[serde(default)]
    db: Option<Knowledge>,
}

/// Since 0.88 the times stand within `status`.
#[derive(Deserialize)]
struct Knowledge {
    #[serde(default)]
    built: Option<String>,
    #[serde(default)]
    status: Option<Status>,
}

#[derive(Deserialize)]
struct Status {
    #[serde(default)]
    built: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Match {
    vulnerability: Vulnerability,
    #[serde(default)]
    related_vulnerabilities: Option<Vec<Related>>,
    artifact: Artifact,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vulnerability {
    id: String,
    #[serde(default)]
    data_source: Option<String>,
    #[serde(default)]
    severity: String,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    fix: Option<Fix>,
}

#[derive(Deserialize)]
struct Fix {
    #[serde(default)]
    versions: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Related {
    id: String,
}

#[derive(Deserialize)]
struct Artifact {
    name: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    purl: Option<String>,
}

/// Reads a report. None when another program wrote it.
///
/// # Errors
/// What `serde_json` says of the place where the text is none.
pub(in crate::intake::sbom) fn read(text: &str) -> Result<Option<Bill>, serde_json::Error> {
    let document: Document<'_> = serde_json::from_str(text)?;
    let descriptor = document.descriptor;
    if descriptor.name != "grype" {
        return Ok(None);
    }
    let mut bill = Bill::new(SbomFormat::GrypeReport, "");
    bill.created = descriptor.timestamp;
    if let Some(target) = document.source.and_then(|source| source.target) {
        let image: Image = serde_json::from_str(target.get()).unwrap_or_default();
        bill.claims.subject_digests = purl::digest_in(&image.manifest_digest).into_iter().collect();
        let folder: Option<String> = serde_json::from_str(target.get()).ok();
        bill.subject = folder.or(Some(image.user_input)).filter(|name| !name.is_empty());
    }
    let shown = descriptor.version.as_ref().map(|version| format!("grype {version}"));
    bill.tools = vec![shown.unwrap_or_else(|| "grype".to_owned())];
    let built = descriptor.db.and_then(|db| db.built.or(db.status.and_then(|status| status.built)));
    let scan = Scan {
        tool: "grype".to_owned(),
        version: descriptor.version,
        database: built.and_then(|time| time.parse().ok()),
        ..Scan::default()
    };
    super::add(&mut bill, scan, document.matches.into_iter().map(found));
    Ok(Some(bill))
}

fn found(one: Match) -> Found {
    let related = one.related_vulnerabilities.into_iter().flatten().map(|related| related.id);
    let aliases = related.filter(|id| *id != one.vulnerability.id).collect();
    let description = one.vulnerability.description.unwrap_or_default();
    let title = description.lines().next().unwrap_or_default();
    Found {
        aliases,
        title: if title.is_empty() { one.vulnerability.id.clone() } else { title.to_owned() },
        id: one.vulnerability.id,
        severity: severity_of(&one.vulnerability.severity),
        published: None,
        url: one.vulnerability.data_source,
        fixed: one.vulnerability.fix.and_then(|fix| fix.versions?.into_iter().next()),
        name: one.artifact.name,
        version: one.artifact.version,
        purl: one.artifact.purl,
    }
}
