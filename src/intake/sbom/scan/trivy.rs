//! Trivy's report.
//!
//! Source: trivy.dev/latest/docs/configuration/reporting, "JSON"; github.com/aquasecurity/trivy, `pkg/types/report.go`.

use serde::Deserialize;

use super::Found;
use crate::domain::advisory::severity_of;
use crate::domain::sbom::{SbomFormat, Scan};
use crate::intake::sbom::{Bill, purl};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    schema_version: u32,
    #[serde(default)]
    artifact_name: String,
    #[serde(default)]
    created_at: Option<String>,
    #[serde(default)]
    trivy: Option<Tool>,
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    results: Option<Vec<Target>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tool {
    #[serde(default)]
    version: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    #[serde(default)]
    repo_digests: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Target {
    #[serde(default)]
    vulnerabilities: Option<Vec<Vulnerability>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Vulnerability {
    #[serde(rename = "VulnerabilityID")]
    id: String,
    #[serde(default, rename = "VendorIDs")]
    vendor_ids: Option<Vec<String>>,
    #[serde(default)]
    pkg_name: String,
    #[serde(default)]
    pkg_identifier: Option<Identifier>,
    #[serde(default)]
    installed_version: String,
    #[serde(default)]
    fixed_version: Option<String>,
    #[serde(default)]
    severity: String,
    #[serde(default)]
    title: Option<String>,
    #[serde(default, rename = "PrimaryURL")]
    url: Option<String>,
    #[serde(default)]
    published_date: Option<String>,
}

#[derive(Deserialize)]
struct Identifier {
    #[serde(default, rename = "PURL")]
    purl: Option<String>,
}

/// Reads a report.
///
/// # Errors
/// What `serde_json` says of the place where the text is none.
pub(in crate::intake::sbom) fn read(text: &str) -> Result<Option<Bill>, serde_json::Error> {
    let document: Document = serde_json::from_str(text)?;
    let version = document.schema_version.to_string();
    let mut bill = Bill::new(SbomFormat::TrivyReport, &version);
    bill.created = document.created_at;
    let digests = document.metadata.repo_digests.unwrap_or_default();
    bill.claims.subject_digests = digests.iter().filter_map(|name| purl::digest_in(name)).collect();
    bill.subject = Some(document.artifact_name).filter(|name| !name.is_empty());
    let tool = document.trivy.and_then(|tool| tool.version);
    bill.tools = vec![tool.as_ref().map_or("trivy".into(), |version| format!("trivy {version}"))];
    let scan = Scan { tool: "trivy".to_owned(), version: tool, ..Scan::default() };
    let targets = document.results.into_iter().flatten();
    let all = targets.flat_map(|target| target.vulnerabilities.unwrap_or_default());
    super::add(&mut bill, scan, all.map(found));
    Ok(Some(bill))
}

fn found(one: Vulnerability) -> Found {
    Found {
        title: one.title.unwrap_or_else(|| one.id.clone()),
        id: one.id,
        aliases: one.vendor_ids.unwrap_or_default(),
        severity: severity_of(&one.severity),
        published: one.published_date,
        url: one.url,
        // Of several branches the first fix is the nearest one.
        fixed: one
            .fixed_version
            .map(|versions| versions.split(',').next().unwrap_or_default().trim().to_owned()),
        name: one.pkg_name,
        version: one.installed_version,
        purl: one.pkg_identifier.and_then(|identifier| identifier.purl),
    }
}
