//! `input.sbom`: a bill of materials with keyed views, so that rules are look-ups and not joins.

mod components;
mod license;
mod quality;
mod vex;
mod way;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::Fields;
use crate::domain::advisory::{AdvisoryFacts, AdvisoryMatch, DatabaseFacts, MatchState};
use crate::domain::clock::Timestamp;
use crate::domain::evidence::EvidenceSet;
use crate::domain::sbom::{Sbom, WaysIn};
use crate::domain::value::{Number, Value};

/// The bill with the number `index` of a release, as it is at `now`. The parts that grow with it are there when they are
/// shown.
pub(super) fn bill(
    index: usize,
    bill: &Sbom,
    evidence: &EvidenceSet,
    now: Timestamp,
    is_shown: &dyn Fn(&str) -> bool,
) -> Value {
    let advisories = evidence.advisories.as_ref();
    let source = &bill.source;
    let mut fields = Fields::default();
    fields.set("file", Value::from(source.file.as_str()));
    fields.set("format", Value::from(source.format.as_str()));
    fields.set("format_version", Value::from(source.format_version.as_str()));
    fields.set("is_bill", Value::from(source.format.is_bill()));
    fields.set("digest", Value::from(source.digest.to_string()));
    fields.set_if("image", bill.image.as_deref().map(Value::from));
    fields.set_if("subject", source.subject.as_deref().map(Value::from));
    fields.set("tools", texts(&source.tools));
    fields.set_if("created", source.created.map(|created| Value::from(created.to_string())));
    fields.set_if("age_days", source.created.map(|created| days(created, now)));
    let digests = subject_digests(bill);
    fields.set_if("of_image", of_image(&digests, evidence).map(Value::from));
    fields.set("subject_digests", texts(&digests));
    fields.set("authors", texts(&bill.claims.authors));
    fields.set_if("serial", bill.claims.serial.as_deref().map(Value::from));
    fields.set_if("scan", bill.scan.as_ref().map(|scan| quality::scan(scan, now)));
    let mut part = |key: &str, make: &dyn Fn() -> Value| {
        fields.set_if(key, is_shown(key).then(make));
    };
    let names = OnceCell::new();
    let names = || names.get_or_init(|| components::names(bill));
    part("quality", &|| quality::of(bill));
    part("by_purl", &|| components::by_purl(bill, now));
    part("purls", &|| components::purls(bill));
    part("names", &|| components::names_of_purls(bill, names()));
    part("suppliers", &|| components::suppliers(bill));
    part("released", &|| components::released(bill, names(), now));
    part("by_license", &|| license::by_license(bill, names()));
    let matches = advisories.map(|facts| facts.matches.as_slice()).unwrap_or_default();
    let own = || matches.iter().filter(|found| found.sbom == index);
    let ways = bill.ways_to(own().map(|found| found.component));
    let vulnerabilities = own().filter_map(|found| vulnerability(bill, found, &ways));
    fields.set("vulnerabilities", Value::array(vulnerabilities.collect()));
    fields.set("advisories", database(advisories, now));
    fields.set("vex", vex::documents(advisories));
    fields
        .set("ecosystems", ecosystems(bill, advisories.and_then(|facts| facts.database.as_ref())));
    fields.into_value()
}

fn texts<T: AsRef<str>>(list: &[T]) -> Value {
    Value::array(list.iter().map(|text| Value::from(text.as_ref())).collect())
}

fn count(n: usize) -> Value {
    Value::from(i64::try_from(n).unwrap_or(i64::MAX))
}

/// Whole days from `then` to `now`; none of the future.
fn days(then: Timestamp, now: Timestamp) -> Value {
    Value::from((now.as_days() - then.as_days()).max(0))
}

/// The digests of what the bill is about, as far as it says.
fn subject_digests(bill: &Sbom) -> Vec<&str> {
    let behind = bill.source.subject.as_deref().and_then(|name| name.rsplit_once('@'));
    let behind = behind.map(|(_, digest)| digest).filter(|text| text.starts_with("sha256:"));
    let mut digests: Vec<&str> =
        bill.claims.subject_digests.iter().map(AsRef::as_ref).chain(behind).collect();
    digests.sort_unstable();
    digests.dedup();
    digests
}

/// Whether the bill is about an image of the release; none when it does not say, or no image was looked at.
fn of_image(digests: &[&str], evidence: &EvidenceSet) -> Option<bool> {
    let platforms = evidence.images.iter().flat_map(|image| &image.platforms);
    let indexes = evidence.images.iter().filter_map(|image| image.digest);
    let mut images = platforms.map(|platform| platform.digest).chain(indexes).peekable();
    (!digests.is_empty() && images.peek().is_some())
        .then(|| images.any(|image| digests.contains(&image.to_string().as_str())))
}

fn vulnerability(bill: &Sbom, found: &AdvisoryMatch, ways: &WaysIn) -> Option<Value> {
    let component = bill.components.get(found.component)?;
    let advisory = &found.advisory;
    let number = |number: f64| Some(Value::Number(Number::from_f64(number)?));
    let mut fields = Fields::default();
    fields.set("id", Value::from(advisory.id.as_ref()));
    fields.set("aliases", texts(&found.aliases));
    fields.set("title", Value::from(advisory.title.as_ref()));
    fields.set("kind", Value::from(advisory.kind.as_str()));
    fields.set_if("severity", found.severity.map(|severity| Value::from(severity.as_str())));
    fields.set_if("score", advisory.score.and_then(number));
    fields.set_if("published", advisory.published.map(|time| Value::from(time.to_string())));
    fields.set_if("url", advisory.url.as_deref().map(Value::from));
    fields.set("component", Value::from(component.label()));
    fields.set_if("version", component.version.as_deref().map(Value::from));
    fields.set_if("purl", component.purl.as_deref().map(Value::from));
    way::told(bill, found, ways, &mut fields);
    fields.set("comparable", Value::from(found.state == MatchState::Affected));
    fields.set_if("fixed", found.fixed.as_deref().map(Value::from));
    fields.set_if("upgrade", found.upgrade.as_deref().map(Value::from));
    fields.set_if("exploited_since", found.exploited_since.as_deref().map(Value::from));
    fields.set_if("exploit_probability", found.exploit_probability.and_then(number));
    vex::state(found, &mut fields);
    let seen = |time: Timestamp| Value::from(time.to_string());
    fields.set_if("first_seen", found.first_seen.map(seen));
    // A grace period begins when somebody here could have known.
    fields.set_if("since", advisory.published.max(found.first_seen).map(seen));
    Some(fields.into_value())
}

fn database(facts: Option<&AdvisoryFacts>, now: Timestamp) -> Value {
    let database = facts.and_then(|facts| facts.database.as_ref());
    let mut fields = Fields::default();
    fields.set("loaded", Value::from(database.is_some()));
    fields.set_if("fault", facts.and_then(|facts| facts.fault.as_deref()).map(Value::from));
    if let Some(database) = database {
        fields.set("digest", Value::from(database.digest.to_string()));
        fields.set("imported", Value::from(database.imported.to_string()));
        fields.set_if("newest", database.newest.map(|time| Value::from(time.to_string())));
        fields.set("age_days", days(database.imported, now));
    }
    fields.into_value()
}

/// How many components of each family of ecosystems there are, and how many advisories know that family.
fn ecosystems(bill: &Sbom, database: Option<&DatabaseFacts>) -> Value {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for package in bill.components.iter().filter_map(|component| component.package.as_ref()) {
        *counts.entry(package.ecosystem.family()).or_default() += 1;
    }
    let entry = |(family, n_components): (&str, usize)| {
        let known = database.and_then(|database| database.advisories.get(family)).copied();
        let mut fields = Fields::default();
        fields.set("n_components", count(n_components));
        fields.set("n_advisories", count(known.unwrap_or_default()));
        (Arc::from(family), fields.into_value())
    };
    Value::object(counts.into_iter().map(entry).collect())
}
