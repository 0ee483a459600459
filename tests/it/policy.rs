//! Bundles, good and bad: what the loader says of them, and what they say of resources.
//!
//! A case is a folder: each folder in it is a bundle, in the order of their names, `input.yaml` (if there) holds the
//! resources that they judge, and `expect.txt` is what comes out.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use expect_test::expect_file;
use goldgate::document::{DocumentLimits, yaml};
use goldgate::domain::artifact::{Artifact, ArtifactOrigin};
use goldgate::domain::clock::Timestamp;
use goldgate::domain::evidence::EvidenceSet;
use goldgate::domain::place::SourceFile;
use goldgate::domain::policy::{Outcome, PolicyResult, Subject};
use goldgate::domain::release::Release;
use goldgate::domain::request::{Request, SentReview, Stage};
use goldgate::domain::resource::{Resource, ResourceId};
use goldgate::domain::value::Value;
use goldgate::intake::Limits;
use goldgate::policy::docs;
use goldgate::policy::tests::{self, Status, TestResult};
use goldgate::policy::{BundleFault, BundleSource, LoadOptions, Revision};
use goldgate::policy::{CaseStatus, SuiteCase, run_suites};

use crate::component;

#[test]
fn every_bundle_is_judged_as_expected() {
    for case in folders(Path::new("tests/cases/policy")) {
        let started = Instant::now();
        let shown = on_large_stack(|| run(&case, None));
        // Far more than any case takes: a hang is what this is about.
        assert!(started.elapsed() < Duration::from_secs(20), "{} hangs", case.display());
        let expected = Path::new(env!("CARGO_MANIFEST_DIR")).join(&case).join("expect.txt");
        expect_file![expected].assert_eq(&shown);
    }
}

/// What is read from the compiled cache says what was compiled.
#[test]
fn every_bundle_is_judged_the_same_when_it_was_kept() {
    let data = tempfile::tempdir().unwrap();
    for (number, case) in folders(Path::new("tests/cases/policy")).into_iter().enumerate() {
        let cache = data.path().join(number.to_string());
        let compiled = on_large_stack(|| run(&case, Some(&cache)));
        let is_kept = cache.exists();
        let kept = on_large_stack(|| run(&case, Some(&cache)));
        assert_eq!(compiled, kept, "{}", case.display());
        let sources = sources_of(&case);
        let options = LoadOptions { cache: Some(cache), ..LoadOptions::default() };
        let Ok(revision) = Revision::load(&sources, &options) else { continue };
        assert_eq!(revision.was_kept(), is_kept, "{}", case.display());
        // What the second engine runs has no form that could be kept.
        assert_eq!(is_kept, revision.left_to_the_second().is_none(), "{}", case.display());
    }
}

#[test]
fn one_object_at_admission_is_no_release() {
    let asked = |stage: Stage| {
        let revision = Revision::load(&[BundleSource::Builtin], &LoadOptions::default()).unwrap();
        let release = release("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");
        let request = Request { stage, ..Request::default() };
        let now = Timestamp::from_millis(1_795_327_326_000);
        let outcomes = revision.evaluate(&request, &release, &EvidenceSet::default(), now);
        let scopes = outcomes.iter().map(|outcome| outcome.policy.scope.as_str());
        let mut scopes: Vec<&str> = scopes.collect();
        scopes.dedup();
        scopes.join(" ")
    };
    assert!(on_large_stack(|| asked(Stage::Deploy)).contains("release"));
    assert!(!on_large_stack(|| asked(Stage::Admission)).contains("release"));
}

#[test]
fn the_tests_of_the_builtin_policies_pass() {
    let report = tests::run(&[PathBuf::from("policies")], &LoadOptions::default());
    let report = report.unwrap_or_else(|faults| panic!("{}", shown(&faults)));
    let failed: Vec<&TestResult> = report
        .results
        .iter()
        .filter(|result| !matches!(result.status, Status::Pass | Status::Skip))
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(report.results.len() > 40);
    assert!(report.coverage.percent() > 90.0, "{:#?}", report.coverage);
}

#[test]
fn results_of_tests_are_printed_as_opa_prints_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a_test.rego");
    let text = r#"package a.b_test

test_ok if true

test_bad if {
	print("why", 1)
	1 == 2
}

todo_test_later if false

test_error if 1 / count([]) == 1

test_number := 7

test_cases[name] := case if some name, case in {"one": true, "two": false}

test_loop if {
	some a in numbers.range(1, 100000)
	some b in numbers.range(1, 100000)
	a + b == -1
}
"#;
    fs::write(&file, text).unwrap();
    let options = LoadOptions { budget: Duration::from_millis(10), ..LoadOptions::default() };
    let report = tests::run(std::slice::from_ref(&file), &options).unwrap();
    let mut json = serde_json::to_value(&report.results).unwrap();
    for item in json.as_array_mut().unwrap() {
        assert!(item["duration"].is_u64());
        item["duration"] = 0.into();
    }
    let shown = serde_json::to_string_pretty(&json).unwrap();
    let shown = shown.replace(&file.display().to_string(), "a_test.rego");
    expect_file!["../cases/policy/test_results.json"].assert_eq(&format!("{shown}\n"));
}

#[test]
fn a_test_that_the_engines_dispute_fails_for_those_who_ask_both() {
    let place = crate::cli::Place::with(Path::new("none"));
    // The second engine takes `not f(input.missing)` for true.
    let text = "package a\n\nf(x) := x\n\ntest_x if [1 | not f(input.missing)] == []\n";
    fs::write(place.work().join("a_test.rego"), text).unwrap();
    for (arguments, code) in [(&[][..], 0), (&["--both-engines"][..], 1)] {
        let mut command = place.command();
        let output = command.args(["policy", "test", "."]).args(arguments).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{told}");
        assert_eq!(told.contains("another end in 1 test"), code == 1, "{told}");
    }
}

#[test]
fn faults_of_tests_are_named_before_anything_runs() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a_test.rego"), "package a\n\ntest_x if f(1)\n").unwrap();
    let paths = [folder.path().to_owned(), folder.path().join("nowhere")];
    let faults = tests::run(&paths, &LoadOptions::default()).unwrap_err();
    let said = shown(&faults);
    assert!(said.contains("a_test.rego:3:11: rego_type_error: undefined function f"), "{said}");
    assert!(said.contains("nowhere:1:1: there is no such file or folder"), "{said}");
}

#[test]
fn policies_whose_turn_comes_too_late_are_outcomes_once_each() {
    let options = LoadOptions { request_budget: Duration::ZERO, ..LoadOptions::default() };
    let revision = Revision::load(&[BundleSource::Builtin], &options);
    let revision = revision.unwrap_or_else(|faults| panic!("{}", shown(&faults)));
    let pod = |name: &str| format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\n");
    let content = format!("{}---\n{}", pod("one"), pod("two"));
    let artifact = Artifact {
        path: "pods.yaml".to_owned(),
        content: content.into(),
        origin: ArtifactOrigin::Named,
    };
    let request = Request { artifacts: vec![artifact], ..Request::default() };
    let release = goldgate::intake::read(&request, &Limits::default(), b"salt").unwrap();
    let evidence = EvidenceSet::default();
    let outcomes = revision.evaluate(&request, &release, &evidence, Timestamp::from_millis(0));
    assert!(outcomes.iter().all(|outcome| outcome.subject == Subject::Release
        && matches!(outcome.result, PolicyResult::OutOfTime(Duration::ZERO))));
    let codes: BTreeSet<&str> =
        outcomes.iter().map(|outcome| outcome.policy.code.as_str()).collect();
    assert!(codes.len() == outcomes.len() && codes.len() > 20, "{codes:?}");
}

/// `GOLDGATE_GATEKEEPER_LIBRARY` names a checkout of the public library, whose suites are run as they are.
#[test]
fn the_public_gatekeeper_library_passes_its_suites() {
    let Some(library) = std::env::var_os("GOLDGATE_GATEKEEPER_LIBRARY") else {
        component::say("the public library", "GOLDGATE_GATEKEEPER_LIBRARY names no checkout");
        return;
    };
    let paths = [PathBuf::from(library).join("library")];
    let report = run_suites(&paths, &LoadOptions::default(), &|_| true);
    let report = report.unwrap_or_else(|faults| panic!("{}", shown(&faults)));
    let failed = report.cases.iter().filter(|case| matches!(case.status, CaseStatus::Fail(_)));
    let failed: Vec<&SuiteCase> = failed.collect();
    assert!(failed.is_empty() && report.cases.len() >= 270, "{failed:#?}");
}

#[test]
fn a_constraint_at_the_clusters_door_sees_who_does_what() {
    let template = r#"
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: frozen}
spec:
  crd: {spec: {names: {kind: Frozen}}}
  targets:
    - target: admission.k8s.gatekeeper.sh
      rego: |
        package frozen
        violation[{"msg": msg}] {
          input.review.operation == "UPDATE"
          input.review.oldObject.metadata.labels.frozen
          msg := sprintf("%v may not change %v", [input.review.userInfo.username, input.review.name])
        }
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: Frozen
metadata: {name: frozen}
"#;
    let files = vec![("frozen.yaml".to_owned(), template.to_owned())];
    let bundle = BundleSource::Memory { name: "bundle".to_owned(), files };
    let revision = Revision::load(&[bundle], &LoadOptions::default());
    let revision = revision.unwrap_or_else(|faults| panic!("{}", shown(&faults)));
    let sent = r#"{"request": {"operation": "UPDATE", "name": "a", "userInfo": {"username": "eve"},
        "object": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}},
        "oldObject": {"metadata": {"labels": {"frozen": "yes"}}}}}"#;
    let asked = |review: Option<SentReview>| {
        let request = Request { stage: Stage::Admission, review, ..Request::default() };
        let release = release("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n");
        let mut out = String::new();
        let now = Timestamp::from_millis(0);
        for outcome in revision.evaluate(&request, &release, &EvidenceSet::default(), now) {
            show(&mut out, &outcome, &release);
        }
        out
    };
    let said = on_large_stack(|| asked(Some(SentReview(sent.into()))));
    assert!(said.contains("eve may not change a"), "{said}");
    assert!(on_large_stack(|| asked(None)).contains("passed"));
}

#[test]
fn the_page_of_rules_is_current() {
    let revision = Revision::load(&[BundleSource::Builtin], &LoadOptions::default());
    let revision = revision.unwrap_or_else(|faults| panic!("{}", shown(&faults)));
    expect_file!["../../docs/rules.md"].assert_eq(&docs::page(&revision));
}

fn shown(faults: &[BundleFault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn sources_of(case: &Path) -> Vec<BundleSource> {
    folders(case).into_iter().map(BundleSource::Path).collect()
}

fn run(case: &Path, cache: Option<&Path>) -> String {
    let options = LoadOptions { cache: cache.map(Path::to_owned), ..LoadOptions::default() };
    let within = format!("{}/", case.display());
    let mut out = String::new();
    let revision = match Revision::load(&sources_of(case), &options) {
        Ok(revision) => revision,
        Err(faults) => {
            for fault in faults {
                writeln!(out, "{fault}\n").unwrap();
            }
            return out.replace(&within, "");
        }
    };
    for policy in revision.policies() {
        writeln!(
            out,
            "{} {} {} {} pack={} {}:{} kinds={:?} controls={:?}\n  {}\n  {}",
            policy.code,
            policy.dialect.as_str(),
            policy.severity,
            policy.scope.as_str(),
            policy.pack,
            policy.file,
            policy.line,
            policy.kinds,
            policy.controls,
            policy.title,
            policy.remediation,
        )
        .unwrap();
    }
    if case.join("bundle/enforcement.yaml").exists() {
        writeln!(out, "\n{:#?}", revision.enforcement()).unwrap();
        writeln!(out, "{:#?}", revision.scorecard_rules()).unwrap();
    }
    writeln!(out).unwrap();
    if let Ok(text) = fs::read_to_string(case.join("input.yaml")) {
        let release = release(&text);
        let now = Timestamp::from_millis(1_795_327_326_000);
        let request = Request::default();
        for outcome in revision.evaluate(&request, &release, &EvidenceSet::default(), now) {
            show(&mut out, &outcome, &release);
        }
    }
    if let Ok(content) = fs::read(case.join("input.json")) {
        let artifact = Artifact {
            path: "input.json".to_owned(),
            content: content.into(),
            origin: ArtifactOrigin::Named,
        };
        let request = Request { artifacts: vec![artifact], ..Request::default() };
        let release = goldgate::intake::read(&request, &Limits::default(), b"salt").unwrap();
        let now = Timestamp::from_millis(1_795_327_326_000);
        for outcome in revision.evaluate(&request, &release, &EvidenceSet::default(), now) {
            show(&mut out, &outcome, &release);
        }
    }
    out.replace(&within, "")
}

fn show(out: &mut String, outcome: &Outcome, release: &Release) {
    let subject = |subject: Subject| match subject {
        Subject::Release => "the release".to_owned(),
        Subject::Resource(index) => release.resources[index].id.to_string(),
        Subject::Image(index) => release.images[index].image.reference.clone(),
        Subject::Sbom(index) => release.sboms[index].source.file.clone(),
        Subject::Document(index) => release.documents[index].file.path.clone(),
    };
    write!(out, "{} {}: ", outcome.policy.code, subject(outcome.subject)).unwrap();
    match &outcome.result {
        PolicyResult::Passed => writeln!(out, "passed").unwrap(),
        PolicyResult::Error(reason) => writeln!(out, "error: {reason}").unwrap(),
        PolicyResult::OutOfTime(_) => writeln!(out, "out of time").unwrap(),
        PolicyResult::Failed(violations) => {
            writeln!(out, "failed").unwrap();
            for found in violations {
                writeln!(
                    out,
                    "  {:?} {:?} path={:?} severity={:?} facts={} about={:?}",
                    found.rule,
                    found.message,
                    found.path,
                    found.severity,
                    found.facts,
                    found.subject.map(subject),
                )
                .unwrap();
            }
        }
    }
}

/// The documents of `text` as a release without workloads.
fn release(text: &str) -> Release {
    let file = Arc::new(SourceFile::new("input.yaml", text));
    let part = |value: &Value, path: &[&str]| {
        value.at(path).and_then(Value::as_str).unwrap_or("").to_owned()
    };
    let resources = yaml::read(text, &DocumentLimits::default())
        .into_iter()
        .map(|document| {
            let document = document.unwrap();
            let id = ResourceId {
                api_version: part(&document.value, &["apiVersion"]),
                kind: part(&document.value, &["kind"]),
                namespace: part(&document.value, &["metadata", "namespace"]),
                name: part(&document.value, &["metadata", "name"]),
            };
            Resource {
                id,
                document: document.value,
                file: Arc::clone(&file),
                places: document.places,
                place: document.root,
                pointer: String::new(),
            }
        })
        .collect();
    Release { resources, ..Release::default() }
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

/// Evaluation wants the stack that the application's threads have.
fn on_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(16 * 1024 * 1024);
        thread.spawn_scoped(scope, work).unwrap().join().unwrap()
    })
}

/// Plain rules, asked of the real OPA: the same messages about the same resources.
#[test]
fn plain_rules_say_what_opa_says() {
    let Some(opa) = component::optional("opa", "plain rules against OPA") else { return };
    let case = Path::new("tests/cases/policy/conftest");
    let bundle = case.join("bundle");
    let release = release(&fs::read_to_string(case.join("input.yaml")).unwrap());
    let sources = [BundleSource::Path(bundle.clone())];
    let revision = Revision::load(&sources, &LoadOptions::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut n_compared = 0;
    for policy in revision.policies().iter().filter(|policy| policy.kinds.is_empty()) {
        let text = fs::read_to_string(case.join("bundle").join(&policy.file));
        let text = text.unwrap_or_else(|_| fs::read_to_string(&policy.file).unwrap());
        // Conftest applies exceptions itself, behind OPA.
        if text.contains("exception") {
            continue;
        }
        for (index, resource) in release.resources.iter().enumerate() {
            let input = folder.path().join("input.json");
            fs::write(&input, serde_json::to_vec(&resource.document).unwrap()).unwrap();
            let theirs =
                asked_of(&opa, &bundle.join("policy"), &policy.file, &policy.package, &input);
            let request = Request::default();
            let now = Timestamp::from_millis(1_795_327_326_000);
            let outcomes = on_large_stack(|| {
                revision.evaluate(&request, &release, &EvidenceSet::default(), now)
            });
            let ours: BTreeSet<String> = outcomes
                .into_iter()
                .filter(|outcome| outcome.policy.code == policy.code)
                .filter(|outcome| outcome.subject == Subject::Resource(index))
                .flat_map(|outcome| match outcome.result {
                    PolicyResult::Failed(violations) => violations,
                    PolicyResult::Passed | PolicyResult::Error(_) | PolicyResult::OutOfTime(_) => {
                        Vec::new()
                    }
                })
                .map(|violation| violation.message)
                .collect();
            assert_eq!(ours, theirs, "{} of {}", policy.code, resource.id);
            n_compared += 1;
        }
    }
    assert!(n_compared >= 6, "{n_compared}");
}

/// The messages that OPA finds in the rules of `package`, in the language's version that the file is written in.
fn asked_of(
    opa: &Path,
    folder: &Path,
    file: &str,
    package: &str,
    input: &Path,
) -> BTreeSet<String> {
    let file = folder.join(Path::new(file).file_name().unwrap());
    let eval = |version: &str| {
        let mut command = Command::new(opa);
        command.args(["eval", version, "--format", "json", "--input"]).arg(input);
        command.arg("--data").arg(&file).arg(format!("data.{package}"));
        command.output().unwrap()
    };
    let mut output = eval("--v1-compatible");
    if !output.status.success() {
        output = eval("--v0-compatible");
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let rules = answer["result"][0]["expressions"][0]["value"].as_object().unwrap().clone();
    let mut messages = BTreeSet::new();
    for (name, value) in rules {
        let word = name.split('_').next().unwrap_or_default();
        if !matches!(word, "deny" | "violation" | "warn") {
            continue;
        }
        // `deny[msg] if` makes an object in the newer language; its keys are the messages.
        messages.extend(value.as_object().into_iter().flat_map(serde_json::Map::keys).cloned());
        for item in value.as_array().into_iter().flatten() {
            messages.insert(item.as_str().or(item["msg"].as_str()).unwrap().to_owned());
        }
    }
    messages
}
