//! The same bill in five forms: the components, the ways to them and what advisories say of them are equal.

use goldgate::domain::advisory::AdvisoryMatch;
use goldgate::domain::clock::Timestamp;
use goldgate::domain::digest::Digest;
use goldgate::domain::sbom::Sbom;
use goldgate::evidence::advisory::{Database, ImportLimits, Records, import};

const FORMS: [&str; 5] = [
    "same/storefront.cdx.json",
    "same/storefront.cdx.xml",
    "same/storefront.spdx.json",
    "same/storefront.spdx",
    "same/storefront.spdx3.json",
];

/// Five records in one list, each of another ecosystem.
const ADVISORIES: &str = r#"[
  {"id":"GHSA-0000-0000-0001","modified":"2026-01-01T00:00:00Z","aliases":["CVE-0000-0001"],"summary":"lodash: injection",
   "affected":[{"package":{"ecosystem":"npm","name":"lodash"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"4.17.21"}]}]}],
   "database_specific":{"severity":"HIGH"}},
  {"id":"GHSA-0000-0000-0002","modified":"2026-01-01T00:00:00Z","summary":"minimist: pollution",
   "affected":[{"package":{"ecosystem":"npm","name":"minimist"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.2.6"}]}]}],
   "database_specific":{"severity":"CRITICAL"}},
  {"id":"GHSA-0000-0000-0003","modified":"2026-01-01T00:00:00Z","summary":"log4j: lookup",
   "affected":[{"package":{"ecosystem":"Maven","name":"org.apache.logging.log4j:log4j-core"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"2.0-beta9"},{"fixed":"2.15.0"}]}]}],
   "database_specific":{"severity":"CRITICAL"}},
  {"id":"DSA-0000-1","modified":"2026-01-01T00:00:00Z","summary":"openssl: update",
   "affected":[{"package":{"ecosystem":"Debian:12","name":"openssl"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"3.0.13-1~deb12u1"}]}]}]},
  {"id":"PYSEC-0000-1","modified":"2026-01-01T00:00:00Z","summary":"Jinja2: escape",
   "affected":[{"package":{"ecosystem":"PyPI","name":"Jinja2"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"2.10.1"}]}]}]}
]"#;

pub(crate) fn database(advisories: &str) -> Database {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("advisories.json");
    std::fs::write(&file, advisories).unwrap();
    let paths = [file.display().to_string()];
    let (records, report) = import(&paths, &ImportLimits::default()).unwrap();
    assert_eq!(report.bad, []);
    Database::new(&records, Timestamp::from_millis(0), Digest::of(b"")).unwrap()
}

fn database_without_records() -> Database {
    Database::new(&Records::default(), Timestamp::from_millis(0), Digest::of(b"")).unwrap()
}

fn shown(bill: &Sbom, found: &AdvisoryMatch) -> String {
    let way: Vec<&str> = bill
        .path_to(found.component)
        .iter()
        .map(|index| bill.components[*index].name.as_ref())
        .collect();
    format!("{} in {} fixed {:?}", found.advisory.id, way.join(" > "), found.fixed.as_deref())
}

#[test]
fn the_same_bill_in_every_form_has_equal_findings() {
    let database = database(ADVISORIES);
    let all: Vec<Vec<String>> = FORMS
        .iter()
        .map(|form| {
            let bill = super::bill(form);
            let found = database.matches(std::slice::from_ref(&bill));
            found.iter().map(|one| shown(&bill, one)).collect()
        })
        .collect();
    assert_eq!(
        all[0],
        [
            "GHSA-0000-0000-0001 in lodash fixed Some(\"4.17.21\")",
            "GHSA-0000-0000-0002 in mkdirp > minimist fixed Some(\"1.2.6\")",
            "GHSA-0000-0000-0003 in org.apache.logging.log4j:log4j-core fixed Some(\"2.15.0\")",
            "DSA-0000-1 in libssl3 fixed Some(\"3.0.13-1~deb12u1\")",
            "PYSEC-0000-1 in jinja2 fixed Some(\"2.10.1\")",
        ]
    );
    for (form, findings) in FORMS.iter().zip(&all) {
        assert_eq!(findings, &all[0], "{form}");
    }
}

#[test]
fn the_same_bill_in_every_form_has_equal_components_and_says_the_same_of_itself() {
    let first = super::bill(FORMS[0]);
    for form in FORMS {
        let bill = super::bill(form);
        assert_eq!(bill.components, first.components, "{form}");
        assert_eq!(bill.source.subject, first.source.subject, "{form}");
        assert_eq!(bill.source.tools, first.source.tools, "{form}");
        assert_eq!(bill.source.created, first.source.created, "{form}");
        assert_eq!(bill.claims.authors, first.claims.authors, "{form}");
        assert_eq!(bill.claims.subject_digests, first.claims.subject_digests, "{form}");
    }
}

#[test]
fn what_scanners_report_is_joined_with_own_matches_by_alias() {
    let database = database(ADVISORIES);
    for (report, expected) in [
        (
            "scan/trivy.json",
            [
                "GHSA-0000-0000-0001 in lodash",
                "CVE-0000-0009 in lodash",
                "CVE-0000-0004 in libssl3",
            ]
            .as_slice(),
        ),
        ("scan/grype.json", &["GHSA-0000-0000-0001 in lodash", "CVE-0000-0010 in bash"]),
        ("scan/statement.json", &["GHSA-0000-0000-0001 in lodash"]),
    ] {
        let bill = super::bill(report);
        let found = database.matches(std::slice::from_ref(&bill));
        let mut shown: Vec<String> = found.iter().map(|one| shown(&bill, one)).collect();
        shown.sort();
        let mut expected: Vec<&str> = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(shown.len(), expected.len(), "{report}: {shown:?}");
        for (shown, expected) in shown.iter().zip(expected) {
            assert!(shown.starts_with(expected), "{report}: {shown} {expected}");
        }
        let alone = database_without_records().matches(std::slice::from_ref(&bill));
        assert_eq!(alone.len(), bill.scan.unwrap().reported.len(), "{report}");
    }
}
