//! What is kept of a release: enough to judge it as if it were handed in again, and no secret.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use serde_json::{Value, json};

use super::{advisory, json as asked, lock, run, watched};
use crate::cli::Place;

/// A bill with licences, suppliers, times of release, and what no database knows.
const BILL: &str = r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
  "metadata": {"timestamp": "2026-01-01T00:00:00Z", "tools": {"components": [{"type": "application", "name": "syft"}]},
    "component": {"bom-ref": "shop", "type": "application", "name": "shop", "version": "1"}},
  "components": [
    {"bom-ref": "a", "type": "library", "name": "lodash", "version": "4.17.20", "purl": "pkg:npm/lodash@4.17.20",
     "licenses": [{"license": {"id": "MIT"}}], "supplier": {"name": "Somebody \"quoted\""},
     "releaseNotes": {"type": "major", "timestamp": "2015-01-01T00:00:00Z"}},
    {"bom-ref": "b", "type": "library", "name": "left-pad", "version": "1.0.0", "purl": "pkg:npm/left-pad@1.0.0",
     "licenses": [{"license": {"name": "do what you like"}}]},
    {"bom-ref": "c", "type": "library", "name": "homemade", "version": "7"},
    {"bom-ref": "d", "type": "library", "name": "é/odd", "version": "trunk", "purl": "pkg:cargo/openssl@trunk"}],
  "dependencies": [{"ref": "shop", "dependsOn": ["a", "c"]}, {"ref": "a", "dependsOn": ["b", "d"]}]}"#;

/// Everything of the findings about bills that a policy wrote: where a line is in a file is known only with its text.
fn of_bills(decision: &Value) -> Vec<Value> {
    let mut findings: Vec<Value> = decision["findings"].as_array().unwrap().clone();
    findings.retain(|it| it["resource"]["kind"] == "Sbom");
    for finding in &mut findings {
        let (file, path) = (&finding["location"]["file"], &finding["location"]["path"]);
        finding["location"] = json!({"file": file, "path": path});
    }
    findings
}

#[test]
fn a_watch_finds_what_a_check_of_the_same_bills_finds() {
    let place = Place::with(Path::new("none"));
    fs::create_dir(place.work().join("app")).unwrap();
    fs::write(place.work().join("app/Cargo.lock"), lock("0.10.60")).unwrap();
    fs::write(place.work().join("app/bom.cdx.json"), BILL).unwrap();
    fs::write(place.work().join("none.json"), advisory("GHSA-none", "nobody", "1.0.0")).unwrap();
    let npm = |id: &str, name: &str| advisory(id, name, "9.0.0").replace("crates.io", "npm");
    let all = [
        advisory("GHSA-1", "openssl", "0.10.66"),
        advisory("MAL-1", "reqwest", "9.0.0"),
        npm("GHSA-2", "lodash"),
        npm("GHSA-3", "left-pad"),
    ];
    fs::write(place.work().join("all.json"), format!("[{}]", all.join(","))).unwrap();
    run(&place, &["advisories", "import", "none.json"], 0);
    run(&place, &["check", "app", "--service", "shop"], 0);
    run(&place, &["advisories", "import", "all.json"], 0);
    let watched = &watched(&place)[0];
    let watched = asked(&place, &["decision", "show", watched["id"].as_str().unwrap()]);
    let words = ["check", "app", "--service", "shop", "--dry-run", "-o", "json"];
    let fresh: Value = serde_json::from_str(&run(&place, &words, 1).0).unwrap();
    let (found, expected) = (of_bills(&watched), of_bills(&fresh));
    assert!(expected.len() > 8, "{expected:#?}");
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.len(), expected.len());
}

/// The texts in which the record keeps releases, as they are before they are packed.
fn kept(place: &Place) -> Vec<String> {
    let record = Connection::open(place.data_folder().join("goldgate.db")).unwrap();
    let mut statement = record.prepare("SELECT content FROM kept").unwrap();
    let rows = statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
    let text = |packed: rusqlite::Result<Vec<u8>>| {
        String::from_utf8(zstd::decode_all(&packed.unwrap()[..]).unwrap()).unwrap()
    };
    rows.map(text).collect()
}

#[test]
fn no_secret_of_a_release_is_in_what_is_kept_of_its_bills_and_it_can_still_be_judged() {
    let place = Place::with(Path::new("none"));
    fs::create_dir(place.work().join("app")).unwrap();
    let policies = std::env::current_dir().unwrap().join("policies");
    let policies = policies.display();
    let file = format!("noBuiltin: true\nbundle: [{policies}/vulnerabilities, {policies}/lib]\n");
    fs::write(place.work().join("goldgate.yaml"), file).unwrap();
    // One with signs that JSON escapes, and one that looks like the numbers of what is kept.
    let secrets = [r#"hun"ter\2two"#, "1,2,0"];
    let manifest = format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\nstringData:\n  one: '{}'\n  two: '{}'\n",
        secrets[0], secrets[1]
    );
    fs::write(place.work().join("app/secret.yaml"), manifest).unwrap();
    let escaped = serde_json::to_string(secrets[0]).unwrap();
    let escaped = escaped.trim_matches('"');
    let bill = BILL
        .replace("do what you like", &format!("licensed with {escaped}"))
        .replace("homemade", &format!("home-{escaped}"));
    assert!(bill.contains(escaped));
    fs::write(place.work().join("app/bom.cdx.json"), bill).unwrap();
    fs::write(place.work().join("none.json"), advisory("GHSA-none", "nobody", "1.0.0")).unwrap();
    let new = advisory("GHSA-2", "lodash", "9.0.0").replace("crates.io", "npm");
    fs::write(place.work().join("new.json"), new).unwrap();
    run(&place, &["advisories", "import", "none.json"], 0);
    run(&place, &["check", "app", "--service", "shop"], 0);
    assert_eq!(kept(&place).len(), 1, "it was let in");
    for text in kept(&place) {
        assert!(text.contains("<redacted:"), "{text}");
        assert!(!text.contains("ter") || !text.contains("2two"), "{text}");
        serde_json::from_str::<Value>(&text).unwrap();
    }
    run(&place, &["advisories", "import", "new.json"], 0);
    assert_eq!(watched(&place).len(), 1, "it can be judged again");
}

#[test]
fn nothing_is_kept_of_what_runs_no_more_and_the_text_of_a_bill_is_kept_once() {
    let place = super::shop();
    let record = || Connection::open(place.data_folder().join("goldgate.db")).unwrap();
    let count = |table: &str| -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        record().query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    let before = count("blob");
    // The same files in another environment, and once more where they are.
    for environment in ["staging", "production"] {
        run(&place, &["check", "app", "--service", "search", "-e", environment], 0);
    }
    assert_eq!((count("blob"), count("kept"), count("running")), (before, 3, 3));
    run(&place, &["inventory", "forget", "search"], 0);
    assert_eq!((count("kept"), count("running")), (1, 1));
    fs::write(
        place.work().join("app.yaml"),
        "kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\n",
    )
    .unwrap();
    run(&place, &["check", "app.yaml", "--service", "checkout"], 0);
    assert_eq!((count("kept"), count("running"), count("holder")), (0, 1, 0));
}
