//! CycloneDX, 1.2 to 1.7: components, nested ones too, and the dependency graph.
//!
//! Source: cyclonedx.org/docs, JSON and XML reference.

mod assembly;
mod document;
pub mod members;
mod references;
pub(super) mod xml;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Bill, named};
use crate::document::text::Text;
use document::Document;

#[derive(Deserialize)]
struct Tools<'t> {
    #[serde(borrow, default)]
    components: Vec<Tool<'t>>,
}

#[derive(Deserialize)]
struct Tool<'t> {
    #[serde(borrow, default)]
    name: Text<'t>,
    #[serde(borrow, default)]
    version: Option<Text<'t>>,
}

/// Reads a bill in JSON.
///
/// # Errors
/// What `serde_json` says of the place where the text is none.
pub(super) fn read(text: &str) -> Result<Option<Bill>, serde_json::Error> {
    let Document { bom_format, mut assembly } = serde_json::from_str(text)?;
    if bom_format != "CycloneDX" {
        return Ok(None);
    }
    assembly.tools = assembly.metadata.tools.map(tools).unwrap_or_default();
    Ok(Some(assembly.into_bill()))
}

/// A list until 1.4, an object with components since 1.5.
fn tools(raw: &RawValue) -> Vec<String> {
    let list: Vec<Tool<'_>> = serde_json::from_str(raw.get())
        .or_else(|_object| {
            serde_json::from_str::<Tools<'_>>(raw.get()).map(|tools| tools.components)
        })
        .unwrap_or_default();
    list.iter().map(|tool| named(&tool.name, tool.version.as_deref()).replace('@', " ")).collect()
}
