//! What a bill of materials has and lacks, and what a scan says of itself.

use super::{count, days, texts};
use crate::domain::clock::Timestamp;
use crate::domain::package::{Component, Licence};
use crate::domain::sbom::{Sbom, Scan};
use crate::domain::value::Value;
use crate::policy::input::Fields;

/// Components that are told by their names; the others are only counted.
const MAX_TOLD: usize = 10;

/// What is missing in the bill.
///
/// Sources: NTIA, "The Minimum Elements For a Software Bill of Materials", 2021; CISA, "2025 Minimum Elements", which adds
/// licence, digest and tool.
pub(super) fn of(bill: &Sbom) -> Value {
    let components = &bill.components;
    let n = |wanted: &dyn Fn(&Component) -> bool| {
        components.iter().filter(|component| wanted(component)).count()
    };
    let unconnected = (0..components.len()).filter(|index| !bill.is_connected(*index)).count();
    let without_name = n(&|component| component.name.is_empty());
    let without_version = n(&|component| component.version.is_none());
    let without_purl = n(&|component| component.purl.is_none());
    let without_supplier = n(&|component| component.supplier.is_none());
    let without_digest = n(&|component| component.digest.is_none());
    let without_license = n(&|component| component.licence == Licence::None);
    let source = &bill.source;
    let missing = [
        ("author", bill.claims.authors.is_empty()),
        ("component_name", without_name > 0),
        ("dependencies", !bill.has_graph && components.len() > 1),
        ("digest", without_digest > 0),
        ("identifier", without_purl > 0),
        ("license", without_license > 0),
        ("supplier", without_supplier > 0),
        ("timestamp", source.created.is_none()),
        ("tool", source.tools.is_empty()),
        ("version", without_version > 0),
    ];
    let missing: Vec<&str> =
        missing.into_iter().filter(|(_, is_missing)| *is_missing).map(|(name, _)| name).collect();
    let mut fields = Fields::default();
    fields.set("n_components", count(components.len()));
    fields.set("n_without_name", count(without_name));
    fields.set("n_without_version", count(without_version));
    fields.set("n_without_purl", count(without_purl));
    fields.set("n_without_license", count(without_license));
    fields.set("n_without_supplier", count(without_supplier));
    fields.set("n_without_digest", count(without_digest));
    fields.set("n_uncompared", count(n(&|component| component.package.is_none())));
    let uncompared = components.iter().filter(|component| component.package.is_none());
    let uncompared: Vec<String> = uncompared.take(MAX_TOLD).map(Component::title).collect();
    fields.set("uncompared", texts(&uncompared));
    fields.set("n_left_out", count(bill.claims.left_out.len()));
    fields.set("has_graph", Value::from(bill.has_graph));
    fields.set("n_unconnected", count(unconnected));
    fields.set("has_tool", Value::from(!source.tools.is_empty()));
    fields.set("has_time", Value::from(source.created.is_some()));
    fields.set("has_author", Value::from(!bill.claims.authors.is_empty()));
    fields.set("missing", texts(&missing));
    fields.into_value()
}

/// Who looked, and how old the knowledge was.
pub(super) fn scan(scan: &Scan, now: Timestamp) -> Value {
    let mut fields = Fields::default();
    fields.set("tool", Value::from(scan.tool.as_str()));
    fields.set_if("version", scan.version.as_deref().map(Value::from));
    fields.set_if("database", scan.database.map(|time| Value::from(time.to_string())));
    fields.set_if("database_age_days", scan.database.map(|time| days(time, now)));
    fields.set("n_reported", count(scan.reported.len()));
    fields.into_value()
}
