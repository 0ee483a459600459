//! The components by their package URLs. A bill has thousands of them, so that what they have in common is made once.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Fields, days, license};
use crate::document::shared_key;
use crate::domain::clock::Timestamp;
use crate::domain::package::{Component, Licence};
use crate::domain::sbom::Sbom;
use crate::domain::value::{Object, Value};

/// What is said of a component, in ascending order: the place of each key is its number.
const KEYS: [&str; 9] = [
    "age_days",
    "digest",
    "direct",
    "ecosystem",
    "license",
    "name",
    "released",
    "supplier",
    "version",
];

/// Every component that has a package URL.
pub(super) fn by_purl(bill: &Sbom, now: Timestamp) -> Value {
    let keys = KEYS.map(shared_key);
    let mut shared = Shared::default();
    let mut by_purl = Vec::with_capacity(bill.components.len());
    for (index, component) in bill.components.iter().enumerate() {
        let Some(purl) = &component.purl else { continue };
        let parts = parts(component, bill.is_direct(index), now, &mut shared);
        let mut entries = Vec::with_capacity(parts.iter().flatten().count());
        let known = keys.iter().zip(parts);
        entries.extend(known.filter_map(|(key, part)| Some((Arc::clone(key), part?))));
        let component = Value::Object(Arc::new(Object::from_ordered(entries)));
        by_purl.push((Arc::clone(purl), component));
    }
    Value::object(by_purl)
}

/// `name version` of every component, in the order of the bill.
pub(super) fn names(bill: &Sbom) -> Vec<Value> {
    let mut written = String::new();
    bill.components.iter().map(|component| named(component, &mut written)).collect()
}

/// As [`Component::title`], without memory for the text in between.
fn named(component: &Component, written: &mut String) -> Value {
    let Some(version) = &component.version else {
        return Value::from(component.label());
    };
    written.clear();
    for part in [component.label(), " ", version] {
        written.push_str(part);
    }
    Value::from(written.as_str())
}

/// The package URLs, in the order of the bill: a list is made in no time, whoever reads it.
pub(super) fn purls(bill: &Sbom) -> Value {
    let purls = bill.components.iter().filter_map(|component| component.purl.as_ref());
    Value::array(purls.map(|purl| Value::String(Arc::clone(purl))).collect())
}

/// The names of what [`purls`] lists, in the same order.
pub(super) fn names_of_purls(bill: &Sbom, names: &[Value]) -> Value {
    let named = bill.components.iter().zip(names);
    Value::array(named.filter(|(it, _)| it.purl.is_some()).map(|(_, name)| name.clone()).collect())
}

/// The places in [`purls`] of what each supplier supplies.
pub(super) fn suppliers(bill: &Sbom) -> Value {
    let mut suppliers: BTreeMap<&Arc<str>, Vec<Value>> = BTreeMap::new();
    let listed = bill.components.iter().filter(|component| component.purl.is_some());
    for (place, component) in (0_i64..).zip(listed) {
        if let Some(supplier) = &component.supplier {
            suppliers.entry(supplier).or_default().push(Value::from(place));
        }
    }
    let supplier = |(name, all): (&Arc<str>, Vec<Value>)| (Arc::clone(name), Value::array(all));
    Value::object(suppliers.into_iter().map(supplier).collect())
}

/// Every component with a package URL of which the bill says when it was released.
pub(super) fn released(bill: &Sbom, names: &[Value], now: Timestamp) -> Value {
    let dated = bill.components.iter().zip(names).filter_map(|(component, name)| {
        let (purl, time) = (component.purl.as_ref()?, component.released?);
        let mut fields = Fields::default();
        fields.set("age_days", days(time, now));
        fields.set("component", name.clone());
        fields.set("time", Value::from(time.to_string()));
        Some((Arc::clone(purl), fields.into_value()))
    });
    Value::object(dated.collect())
}

/// What is known of a component, in the order of [`KEYS`].
fn parts<'b>(
    component: &'b Component,
    is_direct: bool,
    now: Timestamp,
    shared: &mut Shared<'b>,
) -> [Option<Value>; KEYS.len()] {
    let text = |text: &Arc<str>| Value::String(Arc::clone(text));
    let released = component.released;
    let ecosystem = component.package.as_ref().map(|package| package.ecosystem.as_str());
    [
        released.map(|time| days(time, now)),
        component.digest.as_ref().map(text),
        Some(Value::from(is_direct)),
        ecosystem.map(|ecosystem| shared.ecosystem(ecosystem)),
        Some(shared.licence(&component.licence)),
        Some(text(&component.name)),
        released.map(|time| Value::from(time.to_string())),
        component.supplier.as_ref().map(text),
        component.version.as_ref().map(text),
    ]
}

/// Values that many components have.
#[derive(Default)]
struct Shared<'b> {
    ecosystems: BTreeMap<&'b str, Value>,
    licences: BTreeMap<&'b Licence, Value>,
}

impl<'b> Shared<'b> {
    fn ecosystem(&mut self, name: &'b str) -> Value {
        self.ecosystems.entry(name).or_insert_with(|| Value::from(name)).clone()
    }

    fn licence(&mut self, licence: &'b Licence) -> Value {
        self.licences.entry(licence).or_insert_with(|| license::of(licence)).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_ascend() {
        assert!(KEYS.is_sorted_by(|a, b| a < b));
    }
}
