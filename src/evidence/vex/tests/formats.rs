//! What each format says, and what is wrong with documents that cannot be read.

use super::*;

#[test]
fn cyclonedx_statements_are_about_the_product_of_their_document() {
    let text = |root: &str| {
        format!(
            r#"{{"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {{"timestamp": "2026-01-01T00:00:00Z",
            "authors": [{{"name": "acme"}}], "component": {{"bom-ref": "root", "name": "app", "purl": "{root}"}}}},
            "components": [{{"bom-ref": "o", "name": "openssl", "purl": "{COMPONENT}"}}],
            "vulnerabilities": [{{"id": "CVE-2026-1", "analysis": {{"state": "not_affected",
              "justification": "code_not_reachable", "detail": "never called"}}, "affects": [{{"ref": "o"}}]}}]}}"#
        )
    };
    let own = format!("pkg:oci/app@{}", IMAGE.replace(':', "%3A"));
    for (root, expected) in
        [(own.as_str(), Some(VexStatus::NotAffected)), ("pkg:oci/other@1", None)]
    {
        let (stands, _) =
            judged(vec![held(Voucher::Operator, &text(root))], &VexTrust::default(), &one_image());
        assert_eq!(stands, expected, "{root}");
    }
}

#[test]
fn cyclonedx_versions_narrow_what_is_said() {
    let text = |version: &str, status: &str| {
        format!(
            r#"{{"bomFormat": "CycloneDX", "specVersion": "1.5", "vulnerabilities": [{{"id": "CVE-2026-1",
            "analysis": {{"state": "exploitable"}}, "affects": [{{"ref": "pkg:cargo/openssl@0.10.1",
              "versions": [{{"version": "{version}", "status": "{status}"}}]}}]}}]}}"#
        )
    };
    for (version, status, expected) in [
        ("0.10.60", "unaffected", Some(VexStatus::NotAffected)),
        ("0.10.60", "unknown", Some(VexStatus::UnderInvestigation)),
        ("0.10.60", "affected", Some(VexStatus::Affected)),
        ("0.10.61", "unaffected", None),
    ] {
        let held = vec![held(Voucher::Operator, &text(version, status))];
        let (stands, _) = judged(held, &VexTrust::default(), &EvidenceSet::default());
        assert_eq!(stands, expected, "{version} {status}");
    }
    let range = r#"{"bomFormat": "CycloneDX", "vulnerabilities": [{"id": "CVE-2026-1", "analysis": {"state": "not_affected"},
        "affects": [{"ref": "a", "versions": [{"range": "vers:cargo/<2"}]}]}]}"#;
    assert_eq!(
        read(range).unwrap().skipped[0].to_string(),
        "/vulnerabilities/0/affects: no component that it affects can be told: write `affects` with `ref`, versions one by one"
    );
}

#[test]
fn a_cyclonedx_document_may_point_into_a_bill() {
    let bom = format!(
        r#"{{"bomFormat": "CycloneDX", "serialNumber": "urn:uuid:1-2", "version": 3,
            "components": [{{"bom-ref": "c7", "name": "openssl", "purl": "{COMPONENT}"}}]}}"#
    );
    let mut release = release(&[COMPONENT]);
    release.files.push(crate::domain::release::FileRead {
        artifact: 0,
        file: Arc::new(crate::domain::place::SourceFile::new("bom.json", bom)),
        secrets: Vec::new(),
    });
    for (reference, expected) in [
        ("urn:cdx:1-2/3#c7", true),
        ("urn:cdx:1-2/3", true),
        ("urn:cdx:1-2/4#c7", false),
        ("urn:cdx:1-3/3#c7", false),
    ] {
        let text = format!(
            r#"{{"bomFormat": "CycloneDX", "vulnerabilities": [{{"id": "CVE-2026-1",
                "analysis": {{"state": "resolved"}}, "affects": [{{"ref": "{reference}"}}]}}]}}"#
        );
        let mut matches = [found(0, 0, "CVE-2026-1", &[])];
        let held = vec![held(Voucher::Operator, &text)];
        judge(held, &VexTrust::default(), &release, &EvidenceSet::default(), &mut matches);
        assert_eq!(matches[0].vex.is_some(), expected, "{reference}");
    }
}

const CSAF: &str = r#"{"document": {"category": "csaf_vex", "csaf_version": "2.0", "publisher": {"name": "acme"},
  "tracking": {"id": "ACME-1", "current_release_date": "2026-01-01T00:00:00Z"}},
  "product_tree": {"branches": [{"branches": [
      {"product": {"product_id": "OSSL", "product_identification_helper": {"purl": "pkg:cargo/openssl@0.10.60"}}},
      {"product": {"product_id": "BARE"}},
      {"product": {"product_id": "APP", "product_identification_helper": {"purl": "pkg:oci/app"}}}]}],
    "relationships": [{"category": "default_component_of", "product_reference": "OSSL", "relates_to_product_reference": "APP",
      "full_product_name": {"product_id": "APP:OSSL", "name": "openssl in app"}}],
    "product_groups": [{"group_id": "G", "product_ids": ["APP:OSSL"]}]},
  "vulnerabilities": [{"cve": "CVE-2026-1", "product_status": {STATUS},
    "flags": [{"label": "component_not_present", "date": "2026-03-01T00:00:00Z", "group_ids": ["G"]}],
    "threats": [{"category": "impact", "details": "not built in", "product_ids": ["OSSL"]}]}]}"#;

#[test]
fn csaf_statuses_are_read_with_their_flags_and_threats() {
    for (status, expected, reason) in [
        (
            r#""known_not_affected": ["APP:OSSL"]"#,
            Some(VexStatus::NotAffected),
            "component_not_present",
        ),
        (r#""known_not_affected": ["OSSL"]"#, Some(VexStatus::NotAffected), "not built in"),
        (r#""fixed": ["OSSL"]"#, Some(VexStatus::Fixed), ""),
        (r#""first_fixed": ["APP"]"#, Some(VexStatus::Fixed), ""),
        (r#""known_affected": ["OSSL"], "fixed": ["OSSL"]"#, Some(VexStatus::Affected), ""),
        (r#""under_investigation": ["OSSL"]"#, Some(VexStatus::UnderInvestigation), ""),
        (r#""recommended": ["OSSL"]"#, None, ""),
    ] {
        let text = CSAF.replace("{STATUS}", &format!("{{{status}}}"));
        let mut matches = [found(0, 0, "CVE-2026-1", &[])];
        let held = vec![held(Voucher::Operator, &text)];
        judge(held, &VexTrust::default(), &release(&[COMPONENT]), &one_image(), &mut matches);
        let vex = matches[0].vex.clone();
        assert_eq!(vex.as_ref().map(|vex| vex.status), expected, "{status}");
        let said = vex.and_then(|vex: VexOpinion| vex.justification.or(vex.note));
        assert_eq!(said.as_deref().unwrap_or_default(), reason, "{status}");
    }
}

#[test]
fn bad_statements_are_left_out_with_their_place() {
    let openvex = |statement: &str| {
        document(
            "acme",
            &[statement.to_owned(), self::statement("fixed", "2026-01-01", "pkg:a/b", &[])],
        )
    };
    let csaf = |status: &str| CSAF.replace("{STATUS}", &format!("{{{status}}}"));
    for (text, told) in [
        (
            openvex(r#"{"vulnerability": "CVE-1", "status": "safe"}"#),
            "/statements/0/status: `safe` is none of",
        ),
        (
            openvex(r#"{"vulnerability": "CVE-1", "status": "not_affected"}"#),
            "/statements/0/justification: `not_affected` needs",
        ),
        (
            openvex(
                r#"{"vulnerability": "CVE-1", "status": "not_affected", "justification": "trust me"}"#,
            ),
            "`trust me` is none of",
        ),
        (
            openvex(r#"{"status": "fixed"}"#),
            "/statements/0/vulnerability: it names no vulnerability",
        ),
        (
            openvex(r#"{"vulnerability": "CVE-1", "status": "fixed", "timestamp": "yesterday"}"#),
            "`yesterday` is not a time",
        ),
        (
            openvex(r#"{"vulnerability": "CVE-1", "status": "fixed", "products": [{}]}"#),
            "/statements/0/products/0: the product has neither",
        ),
        (openvex(r#"{"vulnerability": "CVE-1", "status": 7}"#), "/statements/0: invalid type"),
        (
            csaf(r#""fixed": ["GONE"]"#),
            "/vulnerabilities/0/product_status/fixed: the product tree has no product `GONE`",
        ),
        (csaf(r#""fixed": ["BARE"]"#), "the product `BARE` has no identification helper"),
        (csaf(r#""known_not_affected": ["APP"]"#), "needs a flag or a threat"),
    ] {
        let document = read(&text).unwrap();
        let shown: Vec<String> = document.skipped.iter().map(ToString::to_string).collect();
        assert!(shown.iter().any(|fault| fault.contains(told)), "{told}: {shown:?}");
    }
    let kept = read(&openvex(r#"{"status": "fixed"}"#)).unwrap();
    assert_eq!((kept.statements.len(), kept.skipped.len()), (1, 1));
}

#[test]
fn a_document_that_cannot_be_read_at_all_says_where() {
    let cut = document("acme", &[]);
    let cut = cut.get(..cut.len() - 2).unwrap();
    let text =
        "{\n\"@context\": \"https://openvex.dev/ns\", \"author\": \"a\",\n \"statements\": 7}";
    for (text, place, told) in [
        (cut, "line 2", "cut off"),
        (text, "line 3", "invalid type"),
        (
            r#"{"@context": "https://openvex.dev/ns", "statements": []}"#,
            "/author",
            "who its author is",
        ),
        (
            r#"{"document": {"category": "csaf_base", "csaf_version": "2.0", "publisher": {"name": "a"}, "tracking": {"id": "1"}}}"#,
            "/document/category",
            "`csaf_vex` was expected",
        ),
    ] {
        let fault = read(text).unwrap_err();
        assert!(fault.place.starts_with(place) && fault.message.contains(told), "{fault}");
    }
}

#[test]
fn a_weak_digest_names_nothing() {
    assert_eq!(digest("MD5", "d41d8cd98f00b204e9800998ecf8427e"), None);
    assert_eq!(digest("SHA-1", "da39a3ee5e6b4b0d3255bfef95601890afd80709"), None);
    assert_eq!(digest("SHA-256", "AB").as_deref(), Some("sha256:ab"));
    let mut names = crate::domain::vex::VexNames::default();
    product::add(&mut names, IMAGE);
    assert_eq!(names.digests.len(), 1);
}
