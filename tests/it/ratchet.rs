//! What must not be forgotten when something is added.

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn every_policy_has_a_test_that_allows_and_one_that_denies() {
    let mut missing = Vec::new();
    for policy in policies() {
        let tests = policy
            .with_file_name(format!("{}_test.rego", policy.file_stem().unwrap().to_str().unwrap()));
        let text = fs::read_to_string(&tests).unwrap_or_default();
        let bodies = || text.split("\ntest_").skip(1);
        let allows = bodies().any(|body| body.contains("== 0"));
        let denies = bodies().any(|body| body.contains("finding.message =="));
        if !allows || !denies {
            missing.push(format!("{}: allow {allows}, deny {denies}", tests.display()));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// Every policy of the built-in bundle: helpers and tests are none.
fn policies() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir("policies")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir() && !path.ends_with("lib"))
        .flat_map(|pack| {
            fs::read_dir(pack).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>()
        })
        .filter(|path| path.extension().is_some_and(|ext| ext == "rego") && !is_test(path))
        .collect();
    found.sort();
    assert!(found.len() > 30, "only {} policies", found.len());
    found
}

fn is_test(path: &Path) -> bool {
    path.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with("_test"))
}
