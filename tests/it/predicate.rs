//! Predicates as facts: each case is a JSON file with `predicateType` and `predicate`, and beside it what comes out.

use std::fs;
use std::path::PathBuf;

use expect_test::expect_file;
use goldgate::document::{DocumentLimits, json};
use goldgate::domain::value::Value;
use goldgate::evidence::predicate;

#[test]
fn every_predicate_is_read_as_expected() {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/predicate"));
    let mut n_cases = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        n_cases += 1;
        let text = fs::read_to_string(&path).unwrap();
        let document = json::read(&text, &DocumentLimits::default()).unwrap();
        let predicate_type = document.value.get("predicateType").and_then(Value::as_str).unwrap();
        let predicate = document.value.get("predicate").unwrap();
        let shown = match predicate::read(predicate_type, predicate, &predicate.to_string()) {
            Ok(facts) => serde_json::to_string_pretty(&facts).unwrap(),
            Err(malformed) => malformed.to_string(),
        };
        expect_file![path.with_extension("expect")].assert_eq(&format!("{shown}\n"));
    }
    assert!(n_cases > 30, "only {n_cases} cases");
}
