//! OpenVEX, 0.0.1 to 0.2.
//!
//! Source: github.com/openvex/spec, OPENVEX-SPEC.md. Before 0.2 vulnerabilities and products were plain texts.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{MAX_PRODUCTS, Text, digest, json_fault, kept, product, time};
use crate::domain::clock::Timestamp;
use crate::domain::vex::{
    VexDocument, VexFault, VexFormat, VexNames, VexProduct, VexStatement, VexStatus,
};

#[derive(Deserialize)]
struct Document<'t> {
    #[serde(borrow, rename = "@id")]
    id: Option<Text<'t>>,
    #[serde(borrow)]
    author: Option<Text<'t>>,
    #[serde(borrow)]
    timestamp: Option<Text<'t>>,
    #[serde(borrow)]
    last_updated: Option<Text<'t>>,
    #[serde(borrow)]
    statements: Vec<&'t RawValue>,
}

#[derive(Deserialize)]
struct Statement<'t> {
    #[serde(borrow)]
    vulnerability: Option<&'t RawValue>,
    #[serde(borrow, default)]
    products: Vec<&'t RawValue>,
    #[serde(borrow, default)]
    subcomponents: Vec<&'t RawValue>,
    #[serde(borrow)]
    status: Option<Text<'t>>,
    #[serde(borrow)]
    justification: Option<Text<'t>>,
    #[serde(borrow, rename = "impact_statement")]
    impact: Option<Text<'t>>,
    #[serde(borrow, rename = "action_statement")]
    action: Option<Text<'t>>,
    #[serde(borrow)]
    status_notes: Option<Text<'t>>,
    #[serde(borrow)]
    timestamp: Option<Text<'t>>,
    #[serde(borrow)]
    last_updated: Option<Text<'t>>,
}

#[derive(Deserialize)]
struct Vulnerability<'t> {
    #[serde(borrow, rename = "@id")]
    id: Option<Text<'t>>,
    #[serde(borrow)]
    name: Option<Text<'t>>,
    #[serde(borrow, default)]
    aliases: Vec<Text<'t>>,
}

#[derive(Default, Deserialize)]
struct Component<'t> {
    #[serde(borrow, rename = "@id")]
    id: Option<Text<'t>>,
    #[serde(borrow, default)]
    identifiers: BTreeMap<Text<'t>, Text<'t>>,
    #[serde(borrow, default)]
    hashes: BTreeMap<Text<'t>, Text<'t>>,
    #[serde(borrow, default)]
    subcomponents: Vec<&'t RawValue>,
}

const JUSTIFICATIONS: [&str; 5] = [
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "inline_mitigations_already_exist",
];

/// Reads a document.
///
/// # Errors
/// When the text is no JSON, or the document has no author or no list of statements.
pub(super) fn read(text: &str) -> Result<VexDocument, VexFault> {
    let document: Document<'_> = serde_json::from_str(text).map_err(|cause| json_fault(&cause))?;
    let Some(author) = kept(document.author) else {
        return Err(fault("/author", "the document does not say who its author is"));
    };
    let made = time(document.timestamp.as_ref(), "/timestamp")?;
    let changed = time(document.last_updated.as_ref(), "/last_updated")?.max(made);
    let (mut statements, mut skipped) = (Vec::new(), Vec::new());
    for (index, raw) in document.statements.iter().enumerate() {
        match statement(raw, index, changed) {
            Ok(read) => statements.push(read),
            Err(fault) => skipped.push(fault),
        }
    }
    let id = kept(document.id).unwrap_or_else(|| Arc::from("(no id)"));
    Ok(VexDocument { id, format: VexFormat::Openvex, author, time: changed, statements, skipped })
}

fn fault(place: &str, message: &str) -> VexFault {
    VexFault { place: place.to_owned(), message: message.to_owned() }
}

fn statement(
    raw: &RawValue,
    index: usize,
    of_document: Option<Timestamp>,
) -> Result<VexStatement, VexFault> {
    let place = format!("/statements/{index}");
    let at = |field: &str, message: String| VexFault { place: format!("{place}/{field}"), message };
    let statement: Statement<'_> = serde_json::from_str(raw.get())
        .map_err(|cause| VexFault { place: place.clone(), ..json_fault(&cause) })?;
    let status = statement.status.as_deref().unwrap_or_default();
    let Some(status) = VexStatus::ALL.into_iter().find(|known| known.as_str() == status) else {
        let words = VexStatus::ALL.map(VexStatus::as_str).join("`, `");
        return Err(at("status", format!("`{status}` is none of `{words}`")));
    };
    let justification = kept(statement.justification);
    if let Some(word) = justification.as_deref().filter(|word| !JUSTIFICATIONS.contains(word)) {
        let words = JUSTIFICATIONS.join("`, `");
        return Err(at("justification", format!("`{word}` is none of `{words}`")));
    }
    let impact = kept(statement.impact);
    if status == VexStatus::NotAffected && justification.is_none() && impact.is_none() {
        let message = "`not_affected` needs a `justification` or an `impact_statement`";
        return Err(at("justification", message.to_owned()));
    }
    let vulnerabilities = statement.vulnerability.map(ids).transpose();
    let vulnerabilities = vulnerabilities
        .map_err(|cause| at("vulnerability", json_fault(&cause).message))?
        .unwrap_or_default();
    if vulnerabilities.is_empty() {
        return Err(at("vulnerability", "it names no vulnerability".to_owned()));
    }
    if statement.products.len() > MAX_PRODUCTS {
        return Err(at("products", format!("there are more than {MAX_PRODUCTS} products")));
    }
    let whole = parts(&statement.subcomponents).map_err(|message| at("subcomponents", message))?;
    let mut products = Vec::with_capacity(statement.products.len());
    for (number, raw) in statement.products.iter().enumerate() {
        let mut product =
            product_of(raw).map_err(|message| at(&format!("products/{number}"), message))?;
        product.parts.extend(whole.iter().cloned());
        products.push(product);
    }
    let own = time(statement.last_updated.as_ref(), &format!("{place}/last_updated"))?
        .max(time(statement.timestamp.as_ref(), &format!("{place}/timestamp"))?);
    Ok(VexStatement {
        vulnerabilities,
        products,
        status,
        justification,
        note: impact.or_else(|| kept(statement.action)).or(kept(statement.status_notes)),
        time: own.or(of_document),
    })
}

/// The ids of a vulnerability: a text, or an object with a name and aliases.
fn ids(raw: &RawValue) -> Result<Vec<Arc<str>>, serde_json::Error> {
    let vulnerability = if raw.get().starts_with('"') {
        let name = Some(serde_json::from_str(raw.get())?);
        Vulnerability { id: None, name, aliases: Vec::new() }
    } else {
        serde_json::from_str(raw.get())?
    };
    let name = kept(vulnerability.name);
    // The `@id` is an address as a rule; it names the vulnerability only where nothing else does.
    let id = kept(vulnerability.id).filter(|_| name.is_none());
    let aliases = vulnerability.aliases.into_iter().filter_map(|alias| kept(Some(alias)));
    Ok(name.into_iter().chain(id).chain(aliases).collect())
}

fn product_of(raw: &RawValue) -> Result<VexProduct, String> {
    let component = component(raw)?;
    let parts = parts(&component.subcomponents)?;
    let names = names(component);
    if names.is_empty() {
        return Err(
            "the product has neither an `@id` nor an identifier nor a strong hash".to_owned()
        );
    }
    Ok(VexProduct { names, parts })
}

fn parts(raws: &[&RawValue]) -> Result<Vec<VexNames>, String> {
    let part = |raw: &&RawValue| {
        let names = names(component(raw)?);
        if names.is_empty() {
            return Err("a subcomponent has no name".to_owned());
        }
        Ok(names)
    };
    raws.iter().map(part).collect()
}

/// A product or a part of one: a text, or an object.
fn component(raw: &RawValue) -> Result<Component<'_>, String> {
    let read = if raw.get().starts_with('"') {
        serde_json::from_str(raw.get()).map(|id| Component { id: Some(id), ..Component::default() })
    } else {
        serde_json::from_str(raw.get())
    };
    read.map_err(|cause| json_fault(&cause).message)
}

fn names(component: Component<'_>) -> VexNames {
    let mut names = VexNames::default();
    for name in component.id.into_iter().chain(component.identifiers.into_values()) {
        product::add(&mut names, &name);
    }
    for (algorithm, value) in &component.hashes {
        names.digests.extend(digest(algorithm, value));
    }
    names
}
