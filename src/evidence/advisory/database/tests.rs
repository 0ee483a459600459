use proptest::prelude::*;

use super::*;
use crate::domain::advisory::{AdvisoryKind, Affected, Event, MatchState};
use crate::domain::code::Severity;
use crate::domain::package::{Component, Ecosystem, Package};
use crate::domain::sbom::{SbomFormat, SbomSource};

fn advisory(id: &str, aliases: &[&str], name: &str, fixed: Option<&str>) -> Advisory {
    let fix = fixed.map(|fixed| Event::Fixed(Arc::from(fixed)));
    Advisory {
        id: Arc::from(id),
        aliases: aliases.iter().map(|alias| Arc::from(*alias)).collect(),
        title: Arc::from("t"),
        kind: AdvisoryKind::Vulnerability,
        severity: id.starts_with("GHSA").then_some(Severity::High),
        score: None,
        published: None,
        modified: None,
        url: None,
        affected: vec![Affected {
            package: Package::new(Ecosystem::new("npm"), name),
            ranges: vec![[Event::Introduced(Arc::from("0"))].into_iter().chain(fix).collect()],
            versions: Vec::new(),
        }],
    }
}

fn sbom(components: &[(&str, Option<&str>)]) -> Sbom {
    let source = SbomSource {
        file: "bom.json".into(),
        digest: Digest::of(b""),
        format: SbomFormat::Cyclonedx,
        format_version: "1.6".into(),
        subject: None,
        tools: Vec::new(),
        created: None,
    };
    let component = |(name, version): &(&str, Option<&str>)| Component {
        name: Arc::from(*name),
        version: version.map(Arc::from),
        compared_version: version.map(Arc::from),
        package: Some(Package::new(Ecosystem::new("npm"), name)),
        ..Component::default()
    };
    Sbom::new(source, components.iter().map(component).collect(), &[], &[])
}

fn database(advisories: Vec<Advisory>) -> Database {
    let exploited = BTreeMap::from([(Arc::from("CVE-1"), Arc::from("2026-01-01"))]);
    let probabilities = BTreeMap::from([(Arc::from("CVE-1"), 0.5)]);
    let records = Records { advisories, exploited, probabilities };
    Database::new(&records, Timestamp::from_millis(0), Digest::of(b"")).unwrap()
}

fn shown(found: &[AdvisoryMatch]) -> Vec<String> {
    let one = |hit: &AdvisoryMatch| {
        let aliases: Vec<&str> = hit.aliases.iter().map(AsRef::as_ref).collect();
        let fixed = hit.fixed.as_deref().unwrap_or("-");
        format!("{} {} [{}] fixed {fixed}", hit.component, hit.advisory.id, aliases.join(" "))
    };
    found.iter().map(one).collect()
}

#[test]
fn the_same_trouble_under_several_ids_is_one_match() {
    let database = database(vec![
        advisory("CVE-1", &[], "a", None),
        advisory("GHSA-1", &["CVE-1"], "a", Some("2.0.0")),
        advisory("OSV-7", &["GHSA-1"], "a", Some("2.0.0")),
        advisory("GHSA-2", &["CVE-2"], "a", Some("3.0.0")),
        advisory("GHSA-3", &["CVE-3"], "b", Some("3.0.0")),
    ]);
    let found = database.matches(&[sbom(&[("a", Some("1.0.0")), ("c", Some("1.0.0"))])]);
    assert_eq!(
        shown(&found),
        ["0 GHSA-1 [CVE-1 OSV-7] fixed 2.0.0", "0 GHSA-2 [CVE-2] fixed 3.0.0"]
    );
    assert_eq!(found[0].severity, Some(Severity::High));
    assert_eq!(found[0].exploited_since.as_deref(), Some("2026-01-01"));
    assert_eq!(found[0].exploit_probability, Some(0.5));
}

#[test]
fn a_component_without_a_version_counts_as_affected() {
    let found = database(vec![advisory("GHSA-1", &[], "a", Some("2.0.0"))])
        .matches(&[sbom(&[("a", None)])]);
    assert_eq!(found[0].state, MatchState::CannotCompare);
}

#[test]
fn of_a_distribution_without_a_release_every_release_counts() {
    let of = |ecosystem: &str, fixed: &str| {
        let mut made = advisory(&format!("DSA-{ecosystem}"), &[], "openssl", Some(fixed));
        made.affected[0].package = Package::new(Ecosystem::new(ecosystem), "openssl");
        made
    };
    let database =
        database(vec![of("Debian:11", "1.1"), of("Debian:12", "3.0"), of("Debian", "0.9")]);
    let found = |ecosystem: &str, version: &str| {
        let mut bill = sbom(&[("openssl", Some(version))]);
        bill.components[0].package = Some(Package::new(Ecosystem::new(ecosystem), "openssl"));
        let found = database.matches(&[bill]);
        found.iter().map(|hit| format!("{} {:?}", hit.advisory.id, hit.state)).collect::<Vec<_>>()
    };
    assert_eq!(found("Debian:12", "2.0"), ["DSA-Debian:12 Affected"]);
    assert_eq!(found("Debian:12", "0.1"), ["DSA-Debian Affected", "DSA-Debian:12 Affected"]);
    assert_eq!(found("Debian", "2.0"), ["DSA-Debian:12 CannotCompare"]);
    assert_eq!(found("Debian:13", "2.0"), Vec::<String>::new());
}

#[test]
fn the_upgrade_clears_all_troubles_of_a_component_that_a_version_clears() {
    let mut other = advisory("GHSA-2", &[], "a", Some("3.0.0"));
    other.affected[0].ranges =
        vec![vec![Event::Introduced(Arc::from("1.1.0")), Event::Fixed(Arc::from("3.0.0"))]];
    // What the first one's fix would walk into counts, although it does not hit yet.
    let later = advisory("GHSA-1", &[], "a", Some("2.0.0"));
    let never = advisory("GHSA-3", &[], "a", None);
    let database = database(vec![later, other, never]);
    let found = database.matches(&[sbom(&[("a", Some("1.0.0"))])]);
    let shown: Vec<_> = found
        .iter()
        .map(|hit| (hit.advisory.id.as_ref(), hit.fixed.as_deref(), hit.upgrade.as_deref()))
        .collect();
    assert_eq!(shown, [("GHSA-1", Some("2.0.0"), Some("3.0.0")), ("GHSA-3", None, Some("3.0.0"))]);
}

proptest! {
    #[test]
    fn the_order_of_advisories_and_components_changes_nothing(
        seed in proptest::collection::vec((0_u8..6, proptest::collection::vec(0_u8..6, 0..3), 0_u8..3, 1_u8..4), 1..8),
        order in any::<proptest::sample::Index>(),
    ) {
        let advisories: Vec<Advisory> = seed
            .iter()
            .enumerate()
            .map(|(index, (_, aliases, name, fix))| {
                let aliases: Vec<String> = aliases.iter().map(|alias| format!("CVE-{alias}")).collect();
                let aliases: Vec<&str> = aliases.iter().map(String::as_str).collect();
                advisory(&format!("GHSA-{index}"), &aliases, ["a", "b", "c"][*name as usize], Some(&format!("{fix}.0.0")))
            })
            .collect();
        let bill = sbom(&[("a", Some("0.9.0")), ("b", Some("2.0.0")), ("c", Some("1.5.0"))]);
        let mut turned = advisories.clone();
        turned.rotate_left(order.index(seed.len()));
        let one = database(advisories).matches(std::slice::from_ref(&bill));
        let other = database(turned).matches(&[bill]);
        let keys = |found: &[AdvisoryMatch]| {
            let mut keys: Vec<_> = found
                .iter()
                .map(|hit| {
                    let mut ids: Vec<_> = hit.aliases.clone();
                    ids.push(Arc::clone(&hit.advisory.id));
                    ids.sort();
                    (hit.component, ids, hit.severity)
                })
                .collect();
            keys.sort();
            keys
        };
        prop_assert_eq!(keys(&one), keys(&other));
    }
}
