//! SPDX 2.2 and 2.3 as lines of tags and values.
//!
//! Source: spdx.github.io/spdx-spec/v2.3, clause 5, "Tag-value format".

use super::{Checksum, Document, ExternalRef, Package, Relationship, bill};
use crate::document::text::Text;
use crate::domain::place::Span;
use crate::intake::sbom::{Bill, BillFault};

/// Which part of the document the lines are about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Document,
    Package,
    /// A file, a snippet, a licence text or an annotation: no package.
    Other,
}

/// Reads a bill.
///
/// # Errors
/// The first line that is no tag with its value, or a text that is not closed.
pub(in crate::intake::sbom) fn read(text: &str) -> Result<Bill, BillFault> {
    let mut document = Document::default();
    let mut section = Section::Document;
    let mut rest = text;
    while !rest.is_empty() {
        let start = text.len() - rest.len();
        let (line, behind) = rest.split_once('\n').unwrap_or((rest, ""));
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            rest = behind;
            continue;
        }
        let span = Span::new(start, start + line.trim_end().len());
        let (tag, value) = trimmed
            .split_once(':')
            .ok_or_else(|| BillFault::new("the line is no `Tag: value`", span))?;
        let value = value.trim();
        if value.starts_with("<text>") {
            // A text may go on over many lines; nothing that is needed is one.
            let (_, closed) = rest
                .split_once("</text>")
                .ok_or_else(|| BillFault::new("the `<text>` is not closed", span))?;
            rest = closed.split_once('\n').map_or("", |(_, behind)| behind);
            continue;
        }
        take(tag.trim(), value, &mut section, &mut document);
        rest = behind;
    }
    bill(document).ok_or_else(|| BillFault::of_text("`SPDXVersion` is not `SPDX-2.…`"))
}

fn take<'t>(tag: &str, value: &'t str, section: &mut Section, document: &mut Document<'t>) {
    let value = Text::from(value);
    match tag {
        "SPDXVersion" => document.spdx_version = value,
        "DocumentNamespace" => document.namespace = Some(value),
        "Creator" => document.creation_info.creators.push(value),
        "Created" => document.creation_info.created = Some(value),
        "PackageName" => {
            *section = Section::Package;
            document.packages.push(Package { name: value, ..Package::default() });
        }
        "FileName" | "SnippetSPDXID" | "LicenseID" | "Annotator" => *section = Section::Other,
        "Relationship" => {
            let mut words = value.split_whitespace();
            if let (Some(from), Some(kind), Some(to)) = (words.next(), words.next(), words.next()) {
                document.relationships.push(Relationship {
                    spdx_element_id: Text::from(from.to_owned()),
                    related_spdx_element: Text::from(to.to_owned()),
                    kind: Text::from(kind.to_owned()),
                });
            }
        }
        _ if *section == Section::Package => {
            if let Some(package) = document.packages.last_mut() {
                of_package(tag, value, package);
            }
        }
        _ => {}
    }
}

fn of_package<'t>(tag: &str, value: Text<'t>, package: &mut Package<'t>) {
    match tag {
        "SPDXID" => package.id = value,
        "PackageVersion" => package.version_info = Some(value),
        "PackageSupplier" => package.supplier = Some(value),
        "PackageOriginator" => package.originator = Some(value),
        "ReleaseDate" => package.release_date = Some(value),
        "BuiltDate" => package.built_date = Some(value),
        "PackageLicenseConcluded" => package.license_concluded = Some(value),
        "PackageLicenseDeclared" => package.license_declared = Some(value),
        "PackageChecksum" => {
            if let Some((algorithm, digest)) = value.split_once(':') {
                package.checksums.push(Checksum {
                    algorithm: Text::from(algorithm.trim().to_owned()),
                    value: Text::from(digest.trim().to_owned()),
                });
            }
        }
        "ExternalRef" => {
            let mut words = value.split_whitespace().skip(1);
            if let (Some(kind), Some(locator)) = (words.next(), words.next()) {
                package.external_refs.push(ExternalRef {
                    reference_type: Text::from(kind.to_owned()),
                    reference_locator: Text::from(locator.to_owned()),
                });
            }
        }
        _ => {}
    }
}
