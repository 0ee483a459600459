//! The truth table: what stands when several statements are about one trouble, and whose word they are.

mod formats;

use std::sync::Arc;

use proptest::prelude::*;

use super::judge::{Held, judge};
use super::*;
use crate::domain::advisory::{Advisory, AdvisoryKind, AdvisoryMatch, MatchState};
use crate::domain::digest::Digest;
use crate::domain::evidence::{EvidenceSet, ImageFacts, Verification, VerificationStatus};
use crate::domain::package::Component;
use crate::domain::release::Release;
use crate::domain::sbom::{Sbom, SbomFormat, SbomSource};
use crate::domain::vex::{VexOpinion, VexStatus, VexTrust, Voucher};

const COMPONENT: &str = "pkg:cargo/openssl@0.10.60";
const IMAGE: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

fn bill(file: &str, purls: &[&str]) -> Sbom {
    let source = SbomSource {
        file: file.to_owned(),
        digest: Digest::of(file.as_bytes()),
        format: SbomFormat::Cyclonedx,
        format_version: "1.6".to_owned(),
        subject: None,
        tools: Vec::new(),
        created: None,
    };
    let component =
        |purl: &&str| Component { purl: Some(Arc::from(*purl)), ..Component::default() };
    let components: Vec<Component> = purls.iter().map(component).collect();
    Sbom::new(source, components, &[], &[])
}

fn release(purls: &[&str]) -> Release {
    Release { sboms: vec![bill("bom.json", purls)], ..Release::default() }
}

fn found(sbom: usize, component: usize, id: &str, aliases: &[&str]) -> AdvisoryMatch {
    AdvisoryMatch {
        sbom,
        component,
        advisory: Arc::new(Advisory {
            id: Arc::from(id),
            aliases: Vec::new(),
            title: Arc::from("trouble"),
            kind: AdvisoryKind::Vulnerability,
            severity: None,
            score: None,
            published: None,
            modified: None,
            url: None,
            affected: Vec::new(),
        }),
        aliases: aliases.iter().map(|alias| Arc::from(*alias)).collect(),
        state: MatchState::Affected,
        upgrade: None,
        fixed: None,
        severity: None,
        exploited_since: None,
        exploit_probability: None,
        vex: None,
        vex_ignored: Vec::new(),
        first_seen: None,
    }
}

fn image(digest: &str) -> ImageFacts {
    ImageFacts {
        requested: "registry.example/shop/app:1".to_owned(),
        registry: "registry.example".to_owned(),
        repository: "shop/app".to_owned(),
        tag: Some("1".to_owned()),
        digest: Some(digest.parse().unwrap()),
        resolved: Some(format!("registry.example/shop/app@{digest}")),
        pinned_by_caller: false,
        media_type: None,
        platforms: Vec::new(),
        configuration: None,
        verification: Verification {
            status: VerificationStatus::Verified,
            shortfalls: Vec::new(),
            rule: None,
            config_hash: Digest::of(b""),
            trust_roots: std::collections::BTreeMap::new(),
            verified_at: Timestamp::from_millis(0),
            cached: false,
            complete: true,
            errors: Vec::new(),
        },
        signatures: Vec::new(),
        attestations: Vec::new(),
        rejected: Vec::new(),
    }
}

fn one_image() -> EvidenceSet {
    EvidenceSet { images: vec![image(IMAGE)], ..EvidenceSet::default() }
}

fn statement(status: &str, time: &str, product: &str, parts: &[&str]) -> String {
    let parts: Vec<String> = parts.iter().map(|part| format!(r#"{{"@id": "{part}"}}"#)).collect();
    let products = format!(r#"[{{"@id": "{product}", "subcomponents": [{}]}}]"#, parts.join(","));
    let products = if product.is_empty() { "[]".to_owned() } else { products };
    let justification = if status == "not_affected" {
        r#""justification": "vulnerable_code_not_present","#
    } else {
        ""
    };
    format!(
        r#"{{"vulnerability": {{"name": "CVE-2026-1"}}, "products": {products}, {justification}
            "status": "{status}", "timestamp": "{time}"}}"#
    )
}

fn document(author: &str, statements: &[String]) -> String {
    format!(
        r#"{{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://acme.example/vex/1", "author": "{author}",
            "timestamp": "2026-01-01T00:00:00Z", "version": 1, "statements": [{}]}}"#,
        statements.join(",")
    )
}

fn held(voucher: Voucher, text: &str) -> Held {
    let document = read(text).unwrap();
    assert!(document.skipped.is_empty(), "{:?}", document.skipped);
    Held { document, voucher, source: "vex.json".to_owned(), subject: Some(Arc::from(IMAGE)) }
}

/// What stands, and how many words were heard and do not count.
fn judged(held: Vec<Held>, trust: &VexTrust, evidence: &EvidenceSet) -> (Option<VexStatus>, usize) {
    let mut matches = [found(0, 0, "GHSA-a", &["CVE-2026-1"])];
    judge(held, trust, &release(&[COMPONENT]), evidence, &mut matches);
    let [found] = matches;
    (found.vex.map(|vex| vex.status), found.vex_ignored.len())
}

/// One row: who vouches, statements as `status time product part`, and what stands.
const TABLE: &str = include_str!("truth_table.txt");

#[test]
fn what_stands_is_what_the_truth_table_says() {
    let trust = VexTrust { authorities: vec!["release".to_owned()], authors: Vec::new() };
    let mut n_rows = 0;
    for line in TABLE.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        let (said, expected) = line.rsplit_once("=>").unwrap();
        let mut documents = Vec::new();
        for said in said.split(';') {
            let words: Vec<&str> = said.split_whitespace().collect();
            let [voucher, status, time, names @ ..] = words.as_slice() else { panic!("{line}") };
            let voucher = match *voucher {
                "operator" => Voucher::Operator,
                "nobody" => Voucher::Nobody,
                authority => Voucher::Authority(Arc::from(authority)),
            };
            let name = |name: &str| match name {
                "-" => String::new(),
                "image" => format!("registry.example/shop/app@{IMAGE}"),
                "other-image" => format!("registry.example/shop/app@sha256:{}", "b".repeat(64)),
                name => name.to_owned(),
            };
            let names: Vec<String> = names.iter().map(|text| name(text)).collect();
            let parts: Vec<&str> = names.iter().skip(1).map(String::as_str).collect();
            let statement = statement(status, time, &names[0], &parts);
            documents.push(held(voucher, &document("acme", &[statement])));
        }
        let evidence = one_image();
        for _order in 0..2 {
            let (stands, n_ignored) = judged(documents.clone(), &trust, &evidence);
            let shown = stands.map_or("none", VexStatus::as_str);
            assert_eq!(format!("{shown} {n_ignored}"), expected.trim(), "{line}");
            documents.reverse();
        }
        n_rows += 1;
    }
    assert!(n_rows > 50, "{n_rows}");
}

#[test]
fn an_image_among_several_is_not_taken_for_that_of_the_bill() {
    let text = document("acme", &[statement("not_affected", "2026-02-01T00:00:00Z", IMAGE, &[])]);
    let two = EvidenceSet {
        images: vec![image(IMAGE), image(&format!("sha256:{}", "c".repeat(64)))],
        ..EvidenceSet::default()
    };
    let own = || vec![held(Voucher::Operator, &text)];
    assert_eq!(judged(own(), &VexTrust::default(), &one_image()).0, Some(VexStatus::NotAffected));
    assert_eq!(judged(own(), &VexTrust::default(), &two).0, None);
    let mut matches = [found(0, 0, "CVE-2026-1", &[])];
    let mut release = release(&[COMPONENT]);
    release.sboms[0].source.subject = Some(format!("registry.example/shop/app@{IMAGE}"));
    judge(own(), &VexTrust::default(), &release, &two, &mut matches);
    assert_eq!(matches[0].vex.as_ref().map(|vex| vex.status), Some(VexStatus::NotAffected));
}

fn any_statement() -> impl Strategy<Value = String> {
    let products = vec![COMPONENT, "pkg:cargo/openssl", "pkg:cargo/other", IMAGE, "pkg:oci/app"];
    (
        proptest::sample::select(VexStatus::ALL.to_vec()),
        1_u8..5,
        proptest::sample::select(products),
        proptest::collection::vec(
            proptest::sample::select(vec![COMPONENT, "pkg:cargo/other"]),
            0..2,
        ),
    )
        .prop_map(|(status, day, product, parts)| {
            statement(status.as_str(), &format!("2026-02-0{day}T00:00:00Z"), product, &parts)
        })
}

fn any_voucher() -> impl Strategy<Value = Voucher> {
    prop_oneof![
        Just(Voucher::Operator),
        Just(Voucher::Nobody),
        Just(Voucher::Authority(Arc::from("release"))),
        Just(Voucher::Authority(Arc::from("stranger"))),
    ]
}

fn any_documents() -> impl Strategy<Value = Vec<Held>> {
    let statements = proptest::collection::vec(any_statement(), 0..4);
    let document = (any_voucher(), statements)
        .prop_map(|(voucher, statements)| held(voucher, &document("acme", &statements)));
    proptest::collection::vec(document, 0..5)
}

proptest! {
    #[test]
    fn what_nobody_vouches_for_changes_nothing(documents in any_documents(), extra in proptest::collection::vec(any_statement(), 1..4)) {
        let trust = VexTrust { authorities: vec!["release".to_owned()], authors: Vec::new() };
        let before = judged(documents.clone(), &trust, &one_image()).0;
        for voucher in [Voucher::Nobody, Voucher::Authority(Arc::from("stranger"))] {
            let mut more = documents.clone();
            more.insert(0, held(voucher, &document("mallory", &extra)));
            prop_assert_eq!(judged(more, &trust, &one_image()).0, before);
        }
    }

    #[test]
    fn neither_the_order_of_documents_nor_that_of_components_matters(documents in any_documents(), seed in any::<u64>()) {
        let trust = VexTrust { authorities: vec!["release".to_owned()], authors: Vec::new() };
        let purls = ["pkg:cargo/other@1", COMPONENT, "pkg:cargo/third@1"];
        let answer = |documents: Vec<Held>, purls: &[&str]| {
            let mut matches: Vec<AdvisoryMatch> = (0..purls.len()).map(|at| found(0, at, "CVE-2026-1", &[])).collect();
            let facts = judge(documents, &trust, &release(purls), &one_image(), &mut matches);
            let mut answers: Vec<(String, Option<VexOpinion>, Vec<VexOpinion>)> = matches
                .into_iter()
                .map(|found| (purls[found.component].to_owned(), found.vex, found.vex_ignored))
                .collect();
            answers.sort_by(|left, right| left.0.cmp(&right.0));
            (answers, facts)
        };
        let before = answer(documents.clone(), &purls);
        let mut turned = documents;
        if !turned.is_empty() {
            let by = usize::try_from(seed % 7).unwrap() % turned.len();
            turned.rotate_left(by);
        }
        turned.reverse();
        for held in &mut turned {
            held.document.statements.reverse();
        }
        let mut other = purls;
        other.reverse();
        prop_assert_eq!(before, answer(turned, &other));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        let _answer = read(&text);
        let _of_each = (openvex::read(&text).is_ok(), cyclonedx::read(&text).is_ok(), csaf::read(&text).is_ok());
    }
}
