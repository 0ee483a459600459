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

#[test]
fn every_key_of_the_configuration_has_its_row_in_the_manual() {
    let page = fs::read_to_string("docs/configuration.md").unwrap();
    let named = |name: Option<&str>| name.map_or("–".to_owned(), |name| format!("`{name}`"));
    let missing: Vec<&str> = goldgate::config::KEYS
        .iter()
        .filter(|key| {
            !page.lines().any(|row| {
                let cells: Vec<&str> = row.split(" | ").collect();
                cells.len() == 5
                    && cells[0] == format!("| `{}`", key.name)
                    && cells[1].split(", ").next() == Some(named(key.flag).as_str())
                    && cells[2] == named(key.variable)
            })
        })
        .map(|key| key.name)
        .collect();
    assert!(missing.is_empty(), "docs/configuration.md: {missing:?}");
}

#[test]
fn every_verb_has_its_row_in_the_manual() {
    let page = fs::read_to_string("docs/cli.md").unwrap();
    let mut missing = Vec::new();
    for verb in verbs_of(&[]) {
        let below = match verb.as_str() {
            "scorecard" | "decision" | "policy" | "config" | "image" | "advisories" | "vex"
            | "inventory" => verbs_of(&[&verb]),
            _ => vec![String::new()],
        };
        assert!(!below.is_empty(), "{verb}");
        for below in below {
            let row = format!("| `goldgate {verb} {below}").trim_end().to_owned();
            if !page.contains(&row) {
                missing.push(row);
            }
        }
    }
    assert!(missing.is_empty(), "docs/cli.md: {missing:?}");
}

/// The verbs that help names below `words`.
fn verbs_of(words: &[&str]) -> Vec<String> {
    let binary = env!("CARGO_BIN_EXE_goldgate");
    let output = std::process::Command::new(binary).args(words).arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let (_, verbs) = help.split_once("Commands:\n").unwrap();
    let rows = verbs.lines().take_while(|line| !line.is_empty());
    let verbs = rows.filter_map(|row| row.strip_prefix("  ")?.split(' ').next());
    verbs.filter(|verb| !verb.is_empty() && *verb != "help").map(str::to_owned).collect()
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
