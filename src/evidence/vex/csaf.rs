//! CSAF 2.0 with the profile VEX.
//!
//! Source: docs.oasis-open.org/csaf/csaf/v2.0, clauses 3.2 and 4.5.

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
struct Csaf<'t> {
    #[serde(borrow)]
    document: Head<'t>,
    #[serde(borrow, default)]
    product_tree: Tree<'t>,
    #[serde(borrow, default)]
    vulnerabilities: Vec<&'t RawValue>,
}

#[derive(Deserialize)]
struct Head<'t> {
    #[serde(borrow)]
    category: Text<'t>,
    #[serde(borrow)]
    publisher: Publisher<'t>,
    #[serde(borrow)]
    tracking: Tracking<'t>,
}

#[derive(Deserialize)]
struct Publisher<'t> {
    #[serde(borrow)]
    name: Text<'t>,
}

#[derive(Deserialize)]
struct Tracking<'t> {
    #[serde(borrow)]
    id: Text<'t>,
    #[serde(borrow)]
    current_release_date: Option<Text<'t>>,
}

#[derive(Default, Deserialize)]
struct Tree<'t> {
    #[serde(borrow, default)]
    branches: Vec<Branch<'t>>,
    #[serde(borrow, default)]
    full_product_names: Vec<Product<'t>>,
    #[serde(borrow, default)]
    relationships: Vec<Relationship<'t>>,
    #[serde(borrow, default)]
    product_groups: Vec<Group<'t>>,
}

#[derive(Deserialize)]
struct Branch<'t> {
    #[serde(borrow, default)]
    branches: Vec<Branch<'t>>,
    #[serde(borrow)]
    product: Option<Product<'t>>,
}

#[derive(Deserialize)]
struct Product<'t> {
    #[serde(borrow)]
    product_id: Text<'t>,
    #[serde(borrow, default)]
    product_identification_helper: Helper<'t>,
}

#[derive(Default, Deserialize)]
struct Helper<'t> {
    #[serde(borrow)]
    purl: Option<Text<'t>>,
    #[serde(borrow)]
    cpe: Option<Text<'t>>,
    #[serde(borrow, default)]
    hashes: Vec<Hashes<'t>>,
}

#[derive(Deserialize)]
struct Hashes<'t> {
    #[serde(borrow, default)]
    file_hashes: Vec<FileHash<'t>>,
}

#[derive(Deserialize)]
struct FileHash<'t> {
    #[serde(borrow)]
    algorithm: Text<'t>,
    #[serde(borrow)]
    value: Text<'t>,
}

#[derive(Deserialize)]
struct Relationship<'t> {
    #[serde(borrow)]
    full_product_name: Product<'t>,
    #[serde(borrow)]
    product_reference: Text<'t>,
    #[serde(borrow)]
    relates_to_product_reference: Text<'t>,
}

#[derive(Deserialize)]
struct Group<'t> {
    #[serde(borrow)]
    group_id: Text<'t>,
    #[serde(borrow, default)]
    product_ids: Vec<Text<'t>>,
}

#[derive(Deserialize)]
struct Vulnerability<'t> {
    #[serde(borrow)]
    cve: Option<Text<'t>>,
    #[serde(borrow, default)]
    ids: Vec<Id<'t>>,
    #[serde(borrow, default)]
    product_status: BTreeMap<Text<'t>, Vec<Text<'t>>>,
    #[serde(borrow, default)]
    flags: Vec<Flag<'t>>,
    #[serde(borrow, default)]
    threats: Vec<Threat<'t>>,
}

#[derive(Deserialize)]
struct Id<'t> {
    #[serde(borrow)]
    text: Text<'t>,
}

#[derive(Deserialize)]
struct Flag<'t> {
    #[serde(borrow)]
    label: Text<'t>,
    #[serde(borrow)]
    date: Option<Text<'t>>,
    #[serde(borrow, default)]
    product_ids: Vec<Text<'t>>,
    #[serde(borrow, default)]
    group_ids: Vec<Text<'t>>,
}

#[derive(Deserialize)]
struct Threat<'t> {
    #[serde(borrow)]
    category: Text<'t>,
    #[serde(borrow)]
    details: Text<'t>,
    #[serde(borrow, default)]
    product_ids: Vec<Text<'t>>,
    #[serde(borrow, default)]
    group_ids: Vec<Text<'t>>,
}

/// Reads a document.
///
/// # Errors
/// When the text is no CSAF, of another profile, or a time of the document is none.
pub(super) fn read(text: &str) -> Result<VexDocument, VexFault> {
    let csaf: Csaf<'_> = serde_json::from_str(text).map_err(|cause| json_fault(&cause))?;
    let Head { category, publisher, tracking } = csaf.document;
    if category != "csaf_vex" {
        return Err(VexFault {
            place: "/document/category".to_owned(),
            message: format!("`{category}` was written, `csaf_vex` was expected"),
        });
    }
    let place = "/document/tracking/current_release_date";
    let released = time(tracking.current_release_date.as_ref(), place)?;
    let reading = Reading { products: Products::of(csaf.product_tree), released };
    let (mut statements, mut skipped) = (Vec::new(), Vec::new());
    for (index, raw) in csaf.vulnerabilities.iter().enumerate() {
        let place = format!("/vulnerabilities/{index}");
        match reading.statements(raw, &place, &mut skipped) {
            Ok(read) => statements.extend(read),
            Err(fault) => skipped.push(fault),
        }
    }
    Ok(VexDocument {
        id: kept(Some(tracking.id)).unwrap_or_else(|| Arc::from("(no id)")),
        format: VexFormat::Csaf,
        author: kept(Some(publisher.name)).unwrap_or_else(|| Arc::from("(no publisher)")),
        time: released,
        statements,
        skipped,
    })
}

/// The products of a document by id.
struct Products {
    by_id: BTreeMap<String, VexProduct>,
    groups: BTreeMap<String, Vec<String>>,
}

impl Products {
    fn of(tree: Tree<'_>) -> Self {
        let mut by_id = BTreeMap::new();
        for branch in &tree.branches {
            learn(branch, &mut by_id);
        }
        for product in &tree.full_product_names {
            by_id.insert(product.product_id.to_string(), single(product));
        }
        for relationship in &tree.relationships {
            let whole = by_id.get(relationship.relates_to_product_reference.as_ref());
            let part = by_id.get(relationship.product_reference.as_ref());
            let (Some(whole), Some(part)) = (whole, part) else { continue };
            let id = relationship.full_product_name.product_id.to_string();
            let names = whole.names.clone();
            // The innermost name stands: what is a part of a part is no more than its own name.
            let related = VexProduct { names, parts: vec![part.names.clone()] };
            by_id.insert(id, related);
        }
        let ids = |ids: Vec<Text<'_>>| ids.into_iter().map(Text::into_owned).collect();
        let groups = tree.product_groups.into_iter();
        let groups = groups.map(|group| (group.group_id.into_owned(), ids(group.product_ids)));
        Self { by_id, groups: groups.collect() }
    }

    /// Whether one of the ids, or one in the groups, is `product`.
    fn include(&self, ids: &[Text<'_>], groups: &[Text<'_>], product: &str) -> bool {
        let in_group = |group: &Text<'_>| {
            self.groups.get(group.as_ref()).is_some_and(|ids| ids.iter().any(|id| id == product))
        };
        ids.iter().any(|id| id == product) || groups.iter().any(in_group)
    }
}

fn learn(branch: &Branch<'_>, by_id: &mut BTreeMap<String, VexProduct>) {
    if let Some(product) = &branch.product {
        by_id.insert(product.product_id.to_string(), single(product));
    }
    for inner in &branch.branches {
        learn(inner, by_id);
    }
}

fn single(product: &Product<'_>) -> VexProduct {
    let helper = &product.product_identification_helper;
    let mut names = VexNames::default();
    for name in helper.purl.iter().chain(&helper.cpe) {
        product::add(&mut names, name);
    }
    let hashes = helper.hashes.iter().flat_map(|hashes| &hashes.file_hashes);
    names.digests.extend(hashes.filter_map(|hash| digest(&hash.algorithm, &hash.value)));
    VexProduct { names, parts: Vec::new() }
}

struct Reading {
    products: Products,
    released: Option<Timestamp>,
}

impl Reading {
    /// One statement for each product: a justification is one of a product, not of a vulnerability.
    fn statements(
        &self,
        raw: &RawValue,
        place: &str,
        skipped: &mut Vec<VexFault>,
    ) -> Result<Vec<VexStatement>, VexFault> {
        let at =
            |field: &str, message: String| VexFault { place: format!("{place}{field}"), message };
        let vulnerability: Vulnerability<'_> =
            serde_json::from_str(raw.get()).map_err(|cause| at("", json_fault(&cause).message))?;
        let ids = vulnerability.ids.iter().map(|id| Some(id.text.clone()));
        let vulnerabilities: Vec<Arc<str>> =
            [vulnerability.cve.clone()].into_iter().chain(ids).filter_map(kept).collect();
        if vulnerabilities.is_empty() {
            return Err(at("", "it has neither a `cve` nor `ids`".to_owned()));
        }
        if vulnerability.product_status.values().map(Vec::len).sum::<usize>() > MAX_PRODUCTS {
            let message = format!("there are more than {MAX_PRODUCTS} products");
            return Err(at("/product_status", message));
        }
        let mut statements = Vec::new();
        for (word, products) in &vulnerability.product_status {
            let Some(status) = status(word) else { continue };
            for id in products {
                let fault = |message: String| at(&format!("/product_status/{word}"), message);
                let Some(product) = self.products.by_id.get(id.as_ref()) else {
                    skipped.push(fault(format!("the product tree has no product `{id}`")));
                    continue;
                };
                if product.names.is_empty() {
                    // Without a purl, a CPE or a hash nobody can tell which product is meant.
                    skipped.push(fault(format!("the product `{id}` has no identification helper")));
                    continue;
                }
                let mut statement = VexStatement {
                    vulnerabilities: vulnerabilities.clone(),
                    products: vec![product.clone()],
                    status,
                    justification: None,
                    note: None,
                    time: self.released,
                };
                self.explain(&vulnerability, id, &mut statement, place)?;
                let unexplained = statement.justification.is_none() && statement.note.is_none();
                if status == VexStatus::NotAffected && unexplained {
                    let what = "needs a flag or a threat of the category `impact`";
                    skipped
                        .push(fault(format!("`{id}` is known not to be affected, which {what}")));
                    continue;
                }
                statements.push(statement);
            }
        }
        Ok(statements)
    }

    fn explain(
        &self,
        vulnerability: &Vulnerability<'_>,
        product: &str,
        statement: &mut VexStatement,
        place: &str,
    ) -> Result<(), VexFault> {
        if statement.status != VexStatus::NotAffected {
            return Ok(());
        }
        let mut flags = vulnerability
            .flags
            .iter()
            .filter(|flag| self.products.include(&flag.product_ids, &flag.group_ids, product));
        if let Some(flag) = flags.next() {
            statement.justification = kept(Some(flag.label.clone()));
            let date = time(flag.date.as_ref(), &format!("{place}/flags/date"))?;
            statement.time = date.or(statement.time);
        }
        let mut threats = vulnerability.threats.iter().filter(|threat| {
            threat.category == "impact"
                && self.products.include(&threat.product_ids, &threat.group_ids, product)
        });
        statement.note = threats.next().and_then(|threat| kept(Some(threat.details.clone())));
        Ok(())
    }
}

/// `recommended` says which version to take, and nothing of whether it is affected.
fn status(word: &str) -> Option<VexStatus> {
    match word {
        "fixed" | "first_fixed" => Some(VexStatus::Fixed),
        "known_not_affected" => Some(VexStatus::NotAffected),
        "known_affected" | "first_affected" | "last_affected" => Some(VexStatus::Affected),
        "under_investigation" => Some(VexStatus::UnderInvestigation),
        _ => None,
    }
}
