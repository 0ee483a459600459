//! Bills of materials: what was attested, by digest; their content is judged elsewhere.

use super::Malformed;
use super::field::Field;
use crate::domain::digest::Digest;
use crate::domain::predicate::{Predicate, SbomFormat, SbomHandle};
use crate::domain::value::Value;

/// Reads a CycloneDX document: JSON, or XML in a string.
pub(super) fn cyclonedx(root: &Field<'_>, text: &str) -> Result<Predicate, Malformed> {
    if let Some(Value::String(xml)) = root.value {
        if !xml.contains("cyclonedx.org/schema/bom") {
            return Err(root.fault("the text is no CycloneDX XML".to_owned()));
        }
        return Ok(of_text(SbomFormat::CyclonedxXml, text));
    }
    let name = root.required_text(&["bomFormat"])?;
    if name != "CycloneDX" {
        return Err(root.at(&["bomFormat"])?.fault(format!("`{name}` is not `CycloneDX`")));
    }
    let components = root.items(&["components"])?;
    Ok(Predicate::Sbom(SbomHandle {
        format: SbomFormat::CyclonedxJson,
        spec_version: root.required_text(&["specVersion"])?,
        digest: Digest::of(text.as_bytes()),
        size_bytes: text.len() as u64,
        n_components: Some(components.len() as u64),
        created: root.time(&["metadata", "timestamp"])?,
    }))
}

/// Reads an SPDX document: JSON, or tag-value text in a string.
pub(super) fn spdx(root: &Field<'_>, text: &str) -> Result<Predicate, Malformed> {
    if let Some(Value::String(tags)) = root.value {
        if !tags.contains("SPDXVersion:") {
            return Err(root.fault("the text is no SPDX tag-value document".to_owned()));
        }
        return Ok(of_text(SbomFormat::SpdxTagValue, text));
    }
    let packages = root.items(&["packages"])?;
    Ok(Predicate::Sbom(SbomHandle {
        format: SbomFormat::SpdxJson,
        spec_version: root.required_text(&["spdxVersion"])?,
        digest: Digest::of(text.as_bytes()),
        size_bytes: text.len() as u64,
        n_components: Some(packages.len() as u64),
        created: root.time(&["creationInfo", "created"])?,
    }))
}

fn of_text(format: SbomFormat, text: &str) -> Predicate {
    Predicate::Sbom(SbomHandle {
        format,
        spec_version: String::new(),
        digest: Digest::of(text.as_bytes()),
        size_bytes: text.len() as u64,
        n_components: None,
        created: None,
    })
}
