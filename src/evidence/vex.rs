//! VEX: documents in three formats to statements, and what they say of the troubles of a release.

mod bom_link;
mod csaf;
mod cyclonedx;
mod judge;
mod openvex;
mod product;
mod purl;
mod source;
pub mod store;

pub use judge::{Held, judge};
pub use source::VexSource;

use std::sync::Arc;

use crate::document::text;
use crate::domain::clock::Timestamp;
use crate::domain::vex::{VexDocument, VexFault, VexFormat};

type Text<'t> = std::borrow::Cow<'t, str>;

/// Statements of one document; far above what suppliers write, so that no document can fill the memory.
const MAX_STATEMENTS: usize = 200_000;
/// Products of one statement.
const MAX_PRODUCTS: usize = 100_000;
/// Faults that are kept of one document; the rest are one line.
const MAX_TOLD: usize = 20;
/// Bytes of a note or a justification that are kept.
const MAX_NOTE_BYTES: usize = 500;

/// Which format a text is written in, by its own words; none when it is no VEX document.
pub fn format_of(text: &str) -> Option<VexFormat> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if !text.starts_with('{') {
        return None;
    }
    let has = |word: &str| text.contains(word);
    if has("\"statements\"") && has("openvex.dev/ns") {
        return Some(VexFormat::Openvex);
    }
    if has("\"csaf_version\"") {
        return Some(VexFormat::Csaf);
    }
    (has("\"bomFormat\"") && has("\"CycloneDX\"") && has("\"vulnerabilities\""))
        .then_some(VexFormat::Cyclonedx)
}

/// Reads a document, whichever format it is written in.
///
/// # Errors
/// Why the whole of it cannot be read. A single statement that is wrong is left out and told in the document.
pub fn read(text: &str) -> Result<VexDocument, VexFault> {
    let text = text.trim_start_matches('\u{feff}');
    let Some(format) = format_of(text) else {
        return Err(VexFault {
            place: "/".to_owned(),
            message: "this is no OpenVEX, CycloneDX or CSAF document with statements about vulnerabilities"
                .to_owned(),
        });
    };
    bounded(match format {
        VexFormat::Openvex => openvex::read(text),
        VexFormat::Cyclonedx => cyclonedx::read(text),
        VexFormat::Csaf => csaf::read(text),
    }?)
}

/// Reads the predicate of an attestation, whose type says that it is OpenVEX.
fn read_openvex(text: &str) -> Result<VexDocument, VexFault> {
    bounded(openvex::read(text)?)
}

fn bounded(mut document: VexDocument) -> Result<VexDocument, VexFault> {
    if document.statements.len() > MAX_STATEMENTS {
        return Err(VexFault {
            place: "/".to_owned(),
            message: format!(
                "the document has {} statements, the limit is {MAX_STATEMENTS}",
                document.statements.len()
            ),
        });
    }
    let more = document.skipped.len().saturating_sub(MAX_TOLD);
    if more > 0 {
        document.skipped.truncate(MAX_TOLD);
        let message = format!("{more} more were left out");
        document.skipped.push(VexFault { place: "/".to_owned(), message });
    }
    Ok(document)
}

/// What `serde_json` says of a text, with the place.
fn json_fault(error: &serde_json::Error) -> VexFault {
    let place = format!("line {}, column {}", error.line(), error.column());
    VexFault { place, message: text::reason(error) }
}

/// A text that is kept: of bounded length, none when it is empty.
fn kept(text: Option<Text<'_>>) -> Option<Arc<str>> {
    let text = text?;
    let text = text.trim();
    let mut end = text.len().min(MAX_NOTE_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).filter(|text| !text.is_empty()).map(Arc::from)
}

/// A time that must be one when it is there.
fn time(text: Option<&Text<'_>>, place: &str) -> Result<Option<Timestamp>, VexFault> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return Ok(None) };
    text.trim().parse().map(Some).map_err(|_wrong| VexFault {
        place: place.to_owned(),
        message: format!(
            "`{text}` is not a time as RFC 3339 writes it, e.g. `2026-01-02T03:04:05Z`"
        ),
    })
}

/// The digest in the one spelling: `SHA-256` and `sha256` are the same algorithm.
fn digest(algorithm: &str, value: &str) -> Option<Arc<str>> {
    let algorithm: String = algorithm
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|char| char.to_ascii_lowercase())
        .collect();
    let is_hex = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    // What can be made at will says nothing of identity.
    let strong =
        matches!(algorithm.as_str(), "sha256" | "sha384" | "sha512" | "sha3256" | "sha3512");
    (is_hex && strong).then(|| Arc::from(format!("{algorithm}:{}", value.to_ascii_lowercase())))
}

#[cfg(test)]
mod tests;
