//! VEX, grace and licences from end to end: what is imported, what is said, and what the decision makes of it.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::cli::Place;

const ADVISORY: &str = r#"{"id": "GHSA-aaaa-bbbb-cccc", "aliases": ["CVE-2026-1"], "modified": "2026-01-01T00:00:00Z",
  "published": "2026-01-01T00:00:00Z", "summary": "Reads out of bounds",
  "affected": [{"package": {"ecosystem": "crates.io", "name": "openssl"},
    "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "0.10.66"}]}]}],
  "database_specific": {"severity": "HIGH"}}"#;

const LOCK: &str = r#"version = 4

[[package]]
name = "shop"
version = "1.0.0"
dependencies = ["openssl"]

[[package]]
name = "openssl"
version = "0.10.60"
source = "registry+https://github.com/rust-lang/crates.io-index"
"#;

fn statement(author: &str, status: &str, day: u32) -> String {
    format!(
        r#"{{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://{author}.example/1", "author": "{author}",
        "timestamp": "2026-02-{day:02}T00:00:00Z", "version": 1, "statements": [{{"vulnerability": {{"name": "CVE-2026-1"}},
        "products": [{{"@id": "pkg:cargo/openssl"}}], "status": "{status}",
        "justification": "vulnerable_code_not_in_execute_path"}}]}}"#
    )
}

/// A service with a lock file, compared with one advisory.
fn shop() -> Place {
    let place = Place::with(Path::new("none"));
    let write = |name: &str, text: &str| fs::write(place.work().join(name), text).unwrap();
    fs::create_dir(place.work().join("app")).unwrap();
    write("advisory.json", ADVISORY);
    write("app/Cargo.lock", LOCK);
    run(&place, &["advisories", "import", "advisory.json"], 0);
    place
}

#[track_caller]
fn run(place: &Place, args: &[&str], code: i32) -> (String, String) {
    let output = place.command().args(args).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{args:?}\n{stdout}\n{stderr}");
    (stdout, stderr)
}

/// The findings of a check that have a code.
#[track_caller]
fn found(place: &Place, more: &[&str], code: i32, wanted: &str) -> Vec<Value> {
    let args = [&["check", "app", "--service", "shop", "-o", "json"], more].concat();
    let decision: Value = serde_json::from_str(&run(place, &args, code).0).unwrap();
    let findings = decision["findings"].as_array().unwrap();
    findings.iter().filter(|finding| finding["code"] == wanted).cloned().collect()
}

#[test]
fn a_statement_that_was_taken_in_clears_and_one_that_was_handed_in_does_not() {
    let place = shop();
    assert_eq!(found(&place, &[], 1, "VULN-KNOWN").len(), 1);
    // Handed in with the release: shown, and nothing else.
    fs::write(place.work().join("app/vex.json"), statement("mallory", "not_affected", 9)).unwrap();
    let known = found(&place, &[], 1, "VULN-KNOWN");
    assert_eq!(known[0]["facts"]["vex_ignored"][0]["author"], "mallory");
    assert!(known[0]["facts"].get("vex").is_none());
    assert_eq!(found(&place, &[], 1, "VEX-IGNORED").len(), 1);
    // An operator vouches for it.
    fs::write(place.work().join("acme.json"), statement("acme", "not_affected", 1)).unwrap();
    assert_eq!(found(&place, &["--vex", "acme.json"], 0, "VULN-KNOWN"), Vec::<Value>::new());
    run(&place, &["vex", "import", "acme.json"], 0);
    let cleared = found(&place, &[], 0, "VULN-CLEARED");
    assert_eq!(cleared[0]["enforcement"], "audit");
    assert_eq!(cleared[0]["facts"]["vex"]["justification"], "vulnerable_code_not_in_execute_path");
    // A newer one takes it back.
    fs::write(place.work().join("new.json"), statement("other", "under_investigation", 2)).unwrap();
    run(&place, &["vex", "import", "new.json"], 0);
    assert_eq!(
        found(&place, &[], 1, "VULN-KNOWN")[0]["facts"]["vex"]["status"],
        "under_investigation"
    );
    run(&place, &["vex", "remove", "https://other.example/1"], 0);
    assert_eq!(found(&place, &[], 0, "VULN-CLEARED").len(), 1);
}

#[test]
fn authors_that_are_not_named_do_not_count() {
    let place = shop();
    fs::write(place.work().join("acme.json"), statement("acme", "not_affected", 1)).unwrap();
    fs::write(place.work().join("goldgate.yaml"), "vex:\n  authors: [other]\n").unwrap();
    let (_, told) = run(&place, &["vex", "import", "acme.json"], 0);
    assert!(told.contains("will not count"), "{told}");
    let (list, _) = run(&place, &["vex", "list"], 0);
    assert!(list.contains("`vex.authors` does not name its author `acme`"), "{list}");
    let known = found(&place, &[], 1, "VULN-KNOWN");
    assert_eq!(known[0]["facts"]["vex_ignored"][0]["author"], "acme");
    fs::write(place.work().join("goldgate.yaml"), "vex:\n  authors: [acme]\n").unwrap();
    assert_eq!(found(&place, &[], 0, "VULN-CLEARED").len(), 1);
}

#[test]
fn a_document_that_cannot_be_read_changes_nothing_and_says_where() {
    let place = shop();
    let whole = statement("acme", "not_affected", 1);
    fs::write(place.work().join("cut.json"), &whole[..whole.len() - 4]).unwrap();
    let (_, told) = run(&place, &["vex", "import", "cut.json"], 2);
    assert!(told.contains("`cut.json` cannot be read as VEX: line 4"), "{told}");
    fs::write(place.work().join("odd.json"), whole.replace("not_affected", "harmless")).unwrap();
    let (_, told) = run(&place, &["vex", "import", "odd.json"], 2);
    assert!(told.contains("/statements/0/status: `harmless` is none of"), "{told}");
    let (_, told) = run(&place, &["vex", "remove", "nobody"], 2);
    assert!(told.contains("no document `nobody`"), "{told}");
    let args = ["check", "app", "--vex", "odd.json", "--server", "http://127.0.0.1:1"];
    assert!(run(&place, &args, 2).1.contains("do not go together"));
}

#[test]
fn grace_begins_when_a_lasting_record_first_saw_it() {
    let place = shop();
    // Published long ago: a record that is thrown away gives no new time.
    let known = found(&place, &[], 1, "VULN-KNOWN");
    assert!(known[0]["facts"].get("first_seen").is_none());
    assert!(known[0]["facts"]["grace_left_days"].as_i64().unwrap() <= 0);
    let first = found(&place, &["--lasting-record"], 0, "VULN-KNOWN");
    assert_eq!(first[0]["enforcement"], "warn");
    assert_eq!(first[0]["facts"]["grace_left_days"], 30);
    let seen = first[0]["facts"]["first_seen"].clone();
    assert!(seen.is_string());
    // The next decision remembers it, also when the component's version is another one.
    let lock = LOCK.replace("0.10.60", "0.10.61");
    fs::write(place.work().join("app/Cargo.lock"), lock).unwrap();
    let again = found(&place, &["--lasting-record"], 0, "VULN-KNOWN");
    assert_eq!(again[0]["facts"]["first_seen"], seen);
}

#[test]
fn a_licence_that_is_denied_denies_and_a_choice_is_the_licensee_s() {
    let place = Place::with(Path::new("none"));
    fs::create_dir_all(place.work().join("app")).unwrap();
    let bill = |licence: &str| {
        format!(
            r#"{{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{{"type": "library", "name": "a",
            "version": "1", "purl": "pkg:npm/a@1", "licenses": [{licence}]}}]}}"#
        )
    };
    for (licence, code, wanted) in [
        (r#"{"expression": "AGPL-3.0-only"}"#, 1, "LICENSE-DENIED"),
        (r#"{"expression": "AGPL-3.0-only OR MIT"}"#, 0, "LICENSE-CHOSEN"),
        (r#"{"license": {"id": "LicenseRef-acme"}}"#, 0, "LICENSE-REVIEW"),
        (r#"{"license": {"name": "all rights reserved"}}"#, 0, "LICENSE-UNKNOWN"),
    ] {
        fs::write(place.work().join("app/bom.json"), bill(licence)).unwrap();
        assert_eq!(found(&place, &[], code, wanted).len(), 1, "{licence}");
    }
}
